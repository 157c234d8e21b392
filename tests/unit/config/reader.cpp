// SPDX-License-Identifier: BSL-1.0
#include <canary/env_reader.hpp>

#include <boost/test/unit_test.hpp>

#include <stdlib.h>

#include <limits>

using namespace std::chrono_literals;
using canary::env_reader;
using canary::setting;
using variables = env_reader::environment;

BOOST_AUTO_TEST_SUITE(reader)

BOOST_AUTO_TEST_CASE(unset_variables_give_their_defaults) {
  env_reader env;
  BOOST_TEST(env.text({"A", ""}, "x") == "x");
  BOOST_TEST(env.boolean({"B", ""}, true) == true);
  BOOST_TEST(env.number({"C", ""}, 7, 1, 9) == 7U);
  BOOST_TEST(env.real({"D", ""}, 0.5, 0, 1) == 0.5);
  BOOST_TEST(env.duration({"E", ""}, 5s, 1s, 9s).count() == 5);
  BOOST_TEST(!env.optional_duration<std::chrono::seconds>({"F", ""}, {}, 1s, 9s));
  BOOST_TEST(!env.optional_number({"G", ""}, {}, 1, 9));
  BOOST_TEST((env.list({"H", ""}, {"a", "b"}, "") == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(env.errors().empty());
  BOOST_TEST(env.settings().size() == 8U);
  for (const auto& s : env.settings()) BOOST_TEST((s.from == setting::origin::default_value));
}

BOOST_AUTO_TEST_CASE(a_variable_that_is_needed_and_not_set_is_an_error) {
  env_reader env;
  BOOST_TEST(env.text({"NAME", "who"}, {}) == "");
  BOOST_REQUIRE(env.errors().size() == 1U);
  BOOST_TEST(env.errors()[0].name == "NAME");
  BOOST_TEST(!env.errors()[0].value.has_value());
  BOOST_TEST(error_report(env.errors()).find("NAME is not set and has no default") == 0U);
}

BOOST_AUTO_TEST_CASE(booleans_in_any_case) {
  for (const auto* yes : {"true", "TRUE", "True", "1", "on", "ON"}) {
    env_reader env(variables{{"X", yes}});
    BOOST_TEST(env.boolean({"X", ""}, false), yes);
    BOOST_TEST(env.errors().empty());
  }
  for (const auto* no : {"false", "FALSE", "0", "off", "Off"}) {
    env_reader env(variables{{"X", no}});
    BOOST_TEST(!env.boolean({"X", ""}, true), no);
    BOOST_TEST(env.errors().empty());
  }
  for (const auto* bad : {"", "yes", "no", "2", " true", "maybe", "t"}) {
    env_reader env(variables{{"X", bad}});
    BOOST_TEST(env.boolean({"X", ""}, true));
    BOOST_TEST(env.errors().size() == 1U, bad);
  }
}

BOOST_AUTO_TEST_CASE(both_sides_of_every_limit) {
  const auto errors = [](const char* value, auto read) {
    env_reader env(variables{{"X", value}});
    read(env);
    return env.errors().size();
  };
  const auto number = [](env_reader& e) { e.number({"X", ""}, 2, 2, 5); };
  BOOST_TEST(errors("1", number) == 1U);
  BOOST_TEST(errors("2", number) == 0U);
  BOOST_TEST(errors("5", number) == 0U);
  BOOST_TEST(errors("6", number) == 1U);
  const auto real = [](env_reader& e) { e.real({"X", ""}, 0, 0, 1, {{"off", 0}}); };
  BOOST_TEST(errors("-0.000001", real) == 1U);
  BOOST_TEST(errors("0", real) == 0U);
  BOOST_TEST(errors("1", real) == 0U);
  BOOST_TEST(errors("1.000001", real) == 1U);
  BOOST_TEST(errors("off", real) == 0U);
  BOOST_TEST(errors("Off", real) == 1U);
  const auto duration = [](env_reader& e) { e.duration<std::chrono::milliseconds>({"X", ""}, 1s, 10ms, 2s); };
  BOOST_TEST(errors("9ms", duration) == 1U);
  BOOST_TEST(errors("10ms", duration) == 0U);
  BOOST_TEST(errors("2s", duration) == 0U);
  BOOST_TEST(errors("2001ms", duration) == 1U);
  BOOST_TEST(errors("10500us", duration) == 1U);  // finer than a millisecond
  const auto bytes = [](env_reader& e) { e.bytes({"X", ""}, 1024, 1024, 4096); };
  BOOST_TEST(errors("1023B", bytes) == 1U);
  BOOST_TEST(errors("1KiB", bytes) == 0U);
  BOOST_TEST(errors("4KiB", bytes) == 0U);
  BOOST_TEST(errors("4097B", bytes) == 1U);
  const auto latency = [](env_reader& e) { e.latency({"X", ""}, {}, 1s); };
  BOOST_TEST(errors("1s", latency) == 0U);
  BOOST_TEST(errors("10ms..1s", latency) == 0U);
  BOOST_TEST(errors("10ms..1001ms", latency) == 1U);
}

BOOST_AUTO_TEST_CASE(an_optional_setting_may_be_empty) {
  env_reader env(variables{{"T", ""}, {"N", ""}, {"U", "1s"}});
  BOOST_TEST(!env.optional_duration<std::chrono::milliseconds>({"T", ""}, 5s, 1ms, 1h));
  BOOST_TEST(!env.optional_number({"N", ""}, 5, 0, std::numeric_limits<std::uint64_t>::max()));
  BOOST_TEST((env.optional_duration<std::chrono::milliseconds>({"U", ""}, {}, 1ms, 1h) == 1000ms));
  BOOST_TEST(env.errors().empty());
}

BOOST_AUTO_TEST_CASE(lists_are_split_at_commas) {
  const auto read = [](const char* value) {
    env_reader env(variables{{"X", value}});
    auto got = env.list({"X", ""}, {"default"}, "words", [](std::string_view w) { return w == "bad" ? "is bad" : ""; });
    return std::pair(got, env.errors().size());
  };
  using words = std::vector<std::string>;
  BOOST_TEST((read("") == std::pair(words{}, 0UL)));
  BOOST_TEST((read("a") == std::pair(words{"a"}, 0UL)));
  BOOST_TEST((read(" a , b ") == std::pair(words{"a", "b"}, 0UL)));
  for (const auto* bad : {"a,", ",a", "a,,b", ",", "a,bad"}) {
    BOOST_TEST((read(bad) == std::pair(words{"default"}, 1UL)), bad);
  }
}

BOOST_AUTO_TEST_CASE(secrets_are_shown_nowhere) {
  env_reader env(variables{{"CANARY_TOKEN", "hunter2\x01"}, {"CANARY_KEY", "hunter2"}, {"CANARY_TOKN", "hunter2"}});
  env.text({"CANARY_TOKEN", "", true}, "hunter2default", "printable",
           [](std::string_view) { return "has a control character"; });
  BOOST_TEST(env.text({"CANARY_KEY", "", true}, "") == "hunter2");
  env.refuse_unknown("CANARY_");
  BOOST_TEST(env.errors().size() == 2U);
  for (const auto& text : {settings_help(env.settings()), settings_markdown(env.settings()),
                           effective_settings(env.settings()), error_report(env.errors())}) {
    BOOST_TEST(text.find("hunter2") == std::string::npos, text);
  }
  BOOST_TEST(effective_settings(env.settings()).find("***") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(control_characters_do_not_reach_the_terminal) {
  env_reader env(variables{{"X", "\x1b[2Jred\n"}});
  env.number({"X", ""}, 1, 0, 9);
  const auto text = error_report(env.errors());
  BOOST_TEST(text == "X='\\x1b[2Jred\\x0a' is not a whole number; allowed: 0 to 9\n");
}

BOOST_AUTO_TEST_CASE(tables_come_from_the_reads) {
  env_reader env(variables{{"APP_GREETING", "hi|ho"}, {"APP_WAIT", "1500ms"}});
  env.text({"APP_GREETING", "what is said | first"}, "hello");
  env.duration<std::chrono::milliseconds>({"APP_WAIT", "how long"}, 2s, 0s, 1min);
  BOOST_TEST(settings_markdown(env.settings()) ==
             "| Variable | Default | Allowed | Unit | Meaning |\n"
             "|---|---|---|---|---|\n"
             "| `APP_GREETING` | `hello` | any text |  | what is said \\| first |\n"
             "| `APP_WAIT` | `2s` | 0s to 1m | us, ms, s, m, h | how long |\n");
  BOOST_TEST(effective_settings(env.settings()) ==
             "APP_GREETING  hi|ho   environment\n"
             "APP_WAIT      1500ms  environment\n");
  BOOST_TEST(settings_help(env.settings(), 60) ==
             "  APP_GREETING  what is said | first\n"
             "                default: hello; any text\n"
             "  APP_WAIT      how long\n"
             "                default: 2s; 0s to 1m; unit: us, ms, s, m, h\n");
  BOOST_TEST(settings_help(env.settings(), 50).find("unit: us,\n                ms, s, m, h\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_environment_of_the_process_is_read) {
  BOOST_REQUIRE(::setenv("CANARY_TEST_OF_PROCESS", "a=b", 1) == 0);
  auto env = env_reader::of_process();
  BOOST_TEST(env.text({"CANARY_TEST_OF_PROCESS", ""}, "") == "a=b");
  ::unsetenv("CANARY_TEST_OF_PROCESS");
}

BOOST_AUTO_TEST_SUITE_END()
