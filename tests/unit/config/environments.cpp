// SPDX-License-Identifier: BSL-1.0
#include <canary/config.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using canary::env_reader;
using variables = env_reader::environment;

namespace {

const canary::identity demo{"v1", "white", "stable", "", ""};

struct outcome {
  canary::config got;
  env_reader env;
  std::string report;
};

outcome read(variables v, canary::identity defaults = demo) {
  outcome o{{}, env_reader(std::move(v)), {}};
  o.got = read_config(o.env, std::move(defaults));
  o.report = error_report(o.env.errors());
  return o;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(environments)

BOOST_AUTO_TEST_CASE(an_empty_environment_gives_the_defaults_of_the_struct) {
  const auto o = read({});
  BOOST_TEST(o.report == "");
  BOOST_TEST(o.env.warnings().empty());
  canary::config expected;
  expected.self = demo;
  BOOST_TEST(serialize(to_json(o.got)) == serialize(to_json(expected)));
  BOOST_TEST(o.got.http_port == 8080);
  BOOST_TEST(o.got.admin_port == 8081);
  BOOST_TEST(o.got.http_address == "::");
  BOOST_TEST((o.got.drain_delay == 5s && o.got.drain_timeout == 20s && o.got.handler_timeout == 15s));
  BOOST_TEST(o.got.max_head == 16'384U);
  BOOST_TEST(o.got.strict);
  BOOST_TEST(!o.got.faults);
}

BOOST_AUTO_TEST_CASE(every_setting_can_be_set) {
  const auto o = read({{"APP_VERSION", "v2"},
                       {"APP_COLOR", "#0f0"},
                       {"APP_TRACK", "canary"},
                       {"APP_REVISION", "abc"},
                       {"APP_CONFIG", "f00"},
                       {"CANARY_HTTP_ADDRESS", "127.0.0.1"},
                       {"CANARY_HTTP_PORT", "0"},
                       {"CANARY_ADMIN_ADDRESS", "::1"},
                       {"CANARY_ADMIN_PORT", "0"},
                       {"CANARY_THREADS", "3"},
                       {"CANARY_DRAIN_DELAY", "0s"},
                       {"CANARY_DRAIN_TIMEOUT", "1m"},
                       {"CANARY_HEAD_TIMEOUT", "1s"},
                       {"CANARY_BODY_TIMEOUT", "2s"},
                       {"CANARY_HANDLER_TIMEOUT", "1m"},
                       {"CANARY_WRITE_TIMEOUT", "3s"},
                       {"CANARY_IDLE_TIMEOUT", "1h"},
                       {"CANARY_MAX_HEAD", "8KiB"},
                       {"CANARY_MAX_BODY", "0B"},
                       {"CANARY_MAX_CONNECTIONS", "7"},
                       {"CANARY_BLOCKING_THREADS", "2"},
                       {"CANARY_TRUSTED_PROXIES", "10.0.0.0/8, ::1"},
                       {"CANARY_LOG_LEVEL", "warning"},
                       {"CANARY_ACCESS_LOG", "0.25"},
                       {"CANARY_STRICT", "off"},
                       {"CANARY_FAULTS", "on"},
                       {"CANARY_FAULT_ERROR_RATE", "0.05"},
                       {"CANARY_FAULT_ERROR_STATUS", "503"},
                       {"CANARY_FAULT_LATENCY", "10ms..90ms"},
                       {"CANARY_FAULT_ROUTES", "/,/api/info"},
                       {"CANARY_FAULT_TTL", "10m"},
                       {"CANARY_FAULT_SEED", "42"}});
  BOOST_TEST(o.report == "");
  const auto& c = o.got;
  BOOST_TEST(c.self.version == "v2");
  BOOST_TEST(c.self.color == "#0f0");
  BOOST_TEST(c.self.track == "canary");
  BOOST_TEST(c.self.revision == "abc");
  BOOST_TEST(c.self.config == "f00");
  BOOST_TEST(c.http_address == "127.0.0.1");
  BOOST_TEST(c.admin_address == "::1");
  BOOST_TEST((c.http_port == 0 && c.admin_port == 0 && c.threads == 3));
  BOOST_TEST((c.drain_delay == 0s && c.drain_timeout == 1min && c.handler_timeout == 1min && c.idle_timeout == 1h));
  BOOST_TEST((c.head_timeout == 1s && c.body_timeout == 2s && c.write_timeout == 3s));
  BOOST_TEST((c.max_head == 8192 && c.max_body == 0 && c.max_connections == 7 && c.blocking_threads == 2));
  BOOST_TEST((c.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "::1"}));
  BOOST_TEST((c.level == canary::log_level::warning && c.access_log == 0.25 && !c.strict && c.faults));
  BOOST_TEST((c.fault.error_rate == 0.05 && c.fault.error_status == 503));
  BOOST_TEST(
      (c.fault.latency_min == 10ms && c.fault.latency_max == 90ms && c.fault.ttl == 10min && c.fault.seed == 42U));
  BOOST_TEST((c.fault.routes == std::vector<std::string>{"/", "/api/info"}));
  // Nothing that the reader knows is missing above.
  BOOST_TEST(std::ranges::all_of(o.env.settings(),
                                 [](const auto& s) { return s.from == canary::setting::origin::environment; }));
  // What is printed reads back as the same configuration.
  variables printed;
  for (const auto& s : o.env.settings()) printed[s.name] = s.value;
  BOOST_TEST(serialize(to_json(read(printed, {}).got)) == serialize(to_json(c)));
}

BOOST_AUTO_TEST_CASE(bad_environments_are_refused_by_name_value_reason_and_range) {
  struct row {
    variables given;
    std::vector<const char*> words;
  };
  const std::vector<row> table{
      {{{"APP_COLOR", "red;}"}}, {"APP_COLOR='red;}' is no colour", "CSS colour name, #rgb or #rrggbb"}},
      {{{"APP_COLOR", ""}}, {"APP_COLOR='' is no colour"}},
      {{{"APP_COLOR", "#12345"}}, {"APP_COLOR='#12345' is no colour"}},
      {{{"APP_VERSION", "v 1"}}, {"APP_VERSION='v 1' has a character", "[A-Za-z0-9._+-]"}},
      {{{"APP_VERSION", ""}}, {"APP_VERSION='' is empty"}},
      {{{"APP_VERSION", std::string(65, 'v')}}, {"is longer than 64"}},
      {{{"APP_TRACK", "beta"}}, {"APP_TRACK='beta' is none of the values; allowed: stable, canary"}},
      {{{"APP_REVISION", "a\nb"}}, {"APP_REVISION='a\\x0ab' has a character"}},
      {{{"CANARY_HTTP_PORT", "70000"}}, {"CANARY_HTTP_PORT='70000' is too large; allowed: 0 to 65535"}},
      {{{"CANARY_HTTP_PORT", "-1"}}, {"CANARY_HTTP_PORT='-1' is not a whole number"}},
      {{{"CANARY_HTTP_PORT", ""}}, {"CANARY_HTTP_PORT='' is empty"}},
      {{{"CANARY_ADMIN_PORT", "8081x"}}, {"CANARY_ADMIN_PORT='8081x' is not a whole number"}},
      {{{"CANARY_HTTP_ADDRESS", "localhost"}}, {"CANARY_HTTP_ADDRESS='localhost' is no address"}},
      {{{"CANARY_THREADS", "257"}}, {"CANARY_THREADS='257' is too large; allowed: 0 to 256"}},
      {{{"CANARY_DRAIN_DELAY", "5"}}, {"CANARY_DRAIN_DELAY='5' has no unit, as in 5s; allowed: 0s to 10m"}},
      {{{"CANARY_DRAIN_DELAY", "11m"}}, {"CANARY_DRAIN_DELAY='11m' is too large"}},
      {{{"CANARY_WRITE_TIMEOUT", "-1s"}}, {"CANARY_WRITE_TIMEOUT='-1s' is not a duration"}},
      {{{"CANARY_HANDLER_TIMEOUT", "30s"}},
       {"CANARY_HANDLER_TIMEOUT='30s' does not go",
        "CANARY_HANDLER_TIMEOUT (30s) is above CANARY_DRAIN_TIMEOUT (20s)"}},
      {{{"CANARY_DRAIN_TIMEOUT", "10s"}}, {"CANARY_DRAIN_TIMEOUT='10s' does not go"}},
      {{{"CANARY_HTTP_PORT", "9000"}, {"CANARY_ADMIN_PORT", "9000"}}, {"have to differ, both are 9000"}},
      {{{"CANARY_HTTP_PORT", "8081"}}, {"CANARY_HTTP_PORT='8081' does not go"}},
      {{{"CANARY_MAX_HEAD", "16K"}}, {"CANARY_MAX_HEAD='16K' has an unknown unit; allowed: 1KiB to 1MiB", "KiB"}},
      {{{"CANARY_MAX_BODY", "2GiB"}}, {"CANARY_MAX_BODY='2GiB' is too large"}},
      {{{"CANARY_MAX_CONNECTIONS", "0"}}, {"CANARY_MAX_CONNECTIONS='0' is too small"}},
      {{{"CANARY_TRUSTED_PROXIES", "10.0.0.0/33"}}, {"has an entry '10.0.0.0/33' that has a prefix length", "CIDR"}},
      {{{"CANARY_LOG_LEVEL", "loud"}}, {"allowed: debug, info, warning, error, off"}},
      {{{"CANARY_ACCESS_LOG", "2"}}, {"CANARY_ACCESS_LOG='2' is too large; allowed: off (0), all (1), 0 to 1"}},
      {{{"CANARY_STRICT", "maybe"}}, {"CANARY_STRICT='maybe' is neither", "true, false, 1, 0, on, off"}},
      {{{"CANARY_FAULT_ERROR_RATE", "1.5"}}, {"CANARY_FAULT_ERROR_RATE='1.5' is too large; allowed: 0 to 1"}},
      {{{"CANARY_FAULT_ERROR_RATE", "nan"}}, {"CANARY_FAULT_ERROR_RATE='nan' is not a number"}},
      {{{"CANARY_FAULT_ERROR_STATUS", "399"}}, {"allowed: 400 to 599"}},
      {{{"CANARY_FAULT_ERROR_STATUS", "600"}}, {"allowed: 400 to 599"}},
      {{{"CANARY_FAULT_LATENCY", "90ms..10ms"}}, {"CANARY_FAULT_LATENCY='90ms..10ms' is a range that ends below"}},
      {{{"CANARY_FAULT_ROUTES", "api"}}, {"CANARY_FAULT_ROUTES='api' has an entry 'api' that does not begin with /"}},
      {{{"CANARY_HTP_PORT", "8080"}},
       {"CANARY_HTP_PORT='8080' is no known setting; the nearest one is CANARY_HTTP_PORT"}},
      {{{"CANARY_PORT", "8080"}}, {"CANARY_PORT='8080' is no known setting; the nearest one is CANARY_HTTP_PORT"}},
      {{{"CANARY_DRAIN_TIME_OUT", "5s"}}, {"the nearest one is CANARY_DRAIN_TIMEOUT"}},
      {{{"CANARY_FAULT_ERRORRATE", "0"}}, {"the nearest one is CANARY_FAULT_ERROR_RATE"}},
  };
  for (const auto& [given, words] : table) {
    const auto o = read(given);
    BOOST_TEST_CONTEXT(o.report) {
      BOOST_TEST(o.env.errors().size() == 1U);
      for (const auto* w : words) BOOST_TEST(o.report.find(w) != std::string::npos, "lacks: " << w);
    }
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_reported_together) {
  const auto o = read({{"APP_COLOR", "red;}"},
                       {"CANARY_HTTP_PORT", "70000"},
                       {"CANARY_DRAIN_DELAY", "5"},
                       {"APP_TRACK", "x"},
                       {"CANARY_NONSENSE", "1"}});
  BOOST_TEST(o.env.errors().size() == 5U);
  BOOST_TEST(std::ranges::count(o.report, '\n') == 5);
  BOOST_TEST(o.got.http_port == 8080);  // not clamped
}

BOOST_AUTO_TEST_CASE(a_refused_setting_is_not_blamed_twice) {
  const auto o = read({{"CANARY_HTTP_PORT", "8081"}, {"CANARY_ADMIN_PORT", "99999"}});
  BOOST_TEST(o.env.errors().size() == 1U);
  BOOST_TEST(o.env.errors()[0].name == "CANARY_ADMIN_PORT");
}

BOOST_AUTO_TEST_CASE(version_and_track_have_to_come_from_somewhere) {
  const auto o = read({}, {});
  BOOST_TEST(o.report.find("APP_VERSION is not set") != std::string::npos);
  BOOST_TEST(o.report.find("APP_TRACK is not set") != std::string::npos);
  BOOST_TEST(o.env.errors().size() == 2U);
  BOOST_TEST(read({{"APP_VERSION", "v2"}, {"APP_TRACK", "canary"}}, {}).report == "");
  BOOST_TEST(read({}, {"v 1", "nocolour", "stable", "", ""}).env.errors().size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_a_warning_when_not_strict) {
  const auto o = read({{"CANARY_HTP_PORT", "1"}, {"CANARY_STRICT", "false"}});
  BOOST_TEST(o.report == "");
  BOOST_REQUIRE(o.env.warnings().size() == 1U);
  BOOST_TEST(o.env.warnings()[0].find("CANARY_HTTP_PORT") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_of_others_are_left_alone) {
  const auto o = read({{"APP_COLOUR", "x"},
                       {"MY_CANARY_PORT", "x"},
                       {"CANARYCTL_X", "1"},
                       {"PATH", "/"},
                       {"CANARY_DEMO_SERVICE_HOST", "10.0.0.1"},
                       {"CANARY_DEMO_SERVICE_PORT", "80"},
                       {"CANARY_DEMO_SERVICE_PORT_HTTP", "80"},
                       {"CANARY_DEMO_PORT", "tcp://10.0.0.1:80"},
                       {"CANARY_DEMO_PORT_80_TCP", "tcp://10.0.0.1:80"},
                       {"CANARY_DEMO_PORT_80_TCP_PROTO", "tcp"},
                       {"CANARY_DEMO_PORT_80_TCP_PORT", "80"},
                       {"CANARY_DEMO_PORT_80_TCP_ADDR", "10.0.0.1"}});
  BOOST_TEST(o.report == "");
  BOOST_TEST(o.env.warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_service_link_that_hides_a_setting_is_a_warning) {
  const auto o = read({{"CANARY_HTTP_PORT", "tcp://10.0.0.1:80"}, {"CANARY_HTTP_SERVICE_HOST", "10.0.0.1"}});
  BOOST_TEST(o.report == "");
  BOOST_TEST(o.got.http_port == 8080);
  BOOST_REQUIRE(o.env.warnings().size() == 1U);
  BOOST_TEST(o.env.warnings()[0].find("CANARY_HTTP_PORT='tcp://10.0.0.1:80'") == 0U);
  BOOST_TEST(!o.env.given("CANARY_HTTP_PORT"));
}

BOOST_AUTO_TEST_CASE(a_program_can_have_its_own_defaults_and_settings) {
  env_reader env(variables{{"CANARY_MAX_BODY", "2MiB"}, {"APP_GREETING", "hi"}});
  canary::config own;
  own.self = demo;
  own.http_port = 9090;
  own.max_body = 512;
  const auto got = override_config(env, own);
  BOOST_TEST(env.text({"APP_GREETING", "what the page says"}, "hello") == "hi");
  BOOST_TEST(env.errors().empty());
  BOOST_TEST(got.http_port == 9090);
  BOOST_TEST(got.max_body == 2U << 20);
  BOOST_TEST(settings_help(env.settings()).find("default: 9090") != std::string::npos);
  BOOST_TEST(to_json(env.settings()).at("APP_GREETING").as_string() == "hi");
}

BOOST_AUTO_TEST_CASE(log_levels_have_names) {
  for (const auto* name : {"debug", "info", "warning", "error", "off"}) {
    BOOST_TEST(to_string(canary::parse_log_level(name).value()) == name);
  }
  BOOST_TEST(!canary::parse_log_level("INFO"));
  BOOST_TEST(!canary::parse_log_level(""));
}

BOOST_AUTO_TEST_SUITE_END()
