// SPDX-License-Identifier: BSL-1.0
#include <canary/config.hpp>

#include "fault_limits.hpp"
#include "networks.hpp"
#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace canary {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using namespace detail;

constexpr std::string_view version_allowed = "1 to 64 of [A-Za-z0-9._+-]";
constexpr std::string_view color_allowed = "a CSS colour name, #rgb or #rrggbb";
constexpr std::string_view label_allowed = "at most 128 printable ASCII characters";

std::string check_version(std::string_view v) {
  const auto fine = [](char c) {
    constexpr std::string_view marks = "._+-";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  };
  if (v.empty()) return "is empty";
  if (v.size() > 64) return "is longer than 64 characters";
  return std::ranges::all_of(v, fine) ? "" : "has a character that is not allowed";
}

std::string check_color(std::string_view v) { return color_rgb(v) ? "" : "is no colour"; }

std::string check_track(std::string_view v) { return v == "stable" || v == "canary" ? "" : "is none of the values"; }

std::string check_label(std::string_view v) {
  if (v.size() > 128) return "is longer than 128 characters";
  return std::ranges::all_of(v, [](char c) { return c >= 0x20 && c < 0x7f; }) ? ""
                                                                              : "has a character that is not allowed";
}

std::string check_address(std::string_view v) { return parse_address(v) ? "" : "is no address"; }
std::string check_network(std::string_view v) { return networks::parse(v).problem; }
std::string check_route(std::string_view v) { return v.starts_with('/') ? "" : "does not begin with /"; }

std::optional<std::string> unless_empty(std::string s) {
  return s.empty() ? std::nullopt : std::optional(std::move(s));
}

/// A value that only the program can have got wrong.
void check_default(env_reader& env, const std::string& name, const std::string& value,
                   std::string (*check)(std::string_view)) {
  if (env.given(name) || value.empty()) return;
  if (auto reason = check(value); !reason.empty()) env.refuse(name, reason + " (it is the program's own default)");
}

identity read_identity(env_reader& env, const identity& def) {
  identity id;
  id.version = env.text({"APP_VERSION", "version of this process, in every metric"}, unless_empty(def.version),
                        std::string(version_allowed), check_version);
  // A program may go without a colour; a colour that is given is checked.
  id.color = env.text({"APP_COLOR", "colour of this version"}, def.color, std::string(color_allowed), check_color);
  id.track =
      env.choice({"APP_TRACK", "which release this process belongs to"}, unless_empty(def.track), {"stable", "canary"});
  id.revision = env.text({"APP_REVISION", "revision of the source or the release"}, def.revision,
                         std::string(label_allowed), check_label);
  id.config = env.text({"APP_CONFIG", "hash of the configuration that this process was started with"}, def.config,
                       std::string(label_allowed), check_label);
  check_default(env, "APP_VERSION", def.version, check_version);
  check_default(env, "APP_COLOR", def.color, check_color);
  check_default(env, "APP_TRACK", def.track, check_track);
  check_default(env, "APP_REVISION", def.revision, check_label);
  check_default(env, "APP_CONFIG", def.config, check_label);
  return id;
}

void read_listeners(env_reader& env, config& c) {
  const std::string address = "an IPv4 or IPv6 address";
  const auto port = [&env](const char* name, const char* what, std::uint16_t def) {
    return static_cast<std::uint16_t>(env.number({name, what}, def, 0, 65'535));
  };
  c.http_address = env.text({"CANARY_HTTP_ADDRESS", "address of the HTTP port; :: takes IPv4 too"}, c.http_address,
                            address, check_address);
  c.http_port = port("CANARY_HTTP_PORT", "port of the service; 0: the kernel chooses, the log says which", c.http_port);
  c.admin_address =
      env.text({"CANARY_ADMIN_ADDRESS", "address of the admin port"}, c.admin_address, address, check_address);
  c.admin_port =
      port("CANARY_ADMIN_PORT", "port of metrics, probes and configuration; 0: the kernel chooses", c.admin_port);
  c.threads = static_cast<unsigned>(
      env.number({"CANARY_THREADS", "I/O threads; 0: as many as the CPU quota allows"}, c.threads, 0, 256));
}

void read_timeouts(env_reader& env, config& c) {
  const auto read = [&env](const char* name, const char* what, milliseconds& value, milliseconds min,
                           milliseconds max) {
    value = env.duration({name, what}, value, min, max);
  };
  read("CANARY_DRAIN_DELAY", "after SIGTERM: still serving, no longer ready", c.drain_delay, 0ms, 10min);
  read("CANARY_DRAIN_TIMEOUT", "then: how long busy connections may take to finish", c.drain_timeout, 10ms, 1h);
  read("CANARY_HEAD_TIMEOUT", "from the first byte of a request's head to its last", c.head_timeout, 10ms, 1h);
  read("CANARY_BODY_TIMEOUT", "from the end of the head to the end of the body", c.body_timeout, 10ms, 1h);
  read("CANARY_HANDLER_TIMEOUT", "for the handler to answer, else 503; not above CANARY_DRAIN_TIMEOUT",
       c.handler_timeout, 10ms, 1h);
  read("CANARY_WRITE_TIMEOUT", "for the client to take the answer", c.write_timeout, 10ms, 1h);
  read("CANARY_IDLE_TIMEOUT", "between two requests of a connection; above the gateway's own", c.idle_timeout, 10ms,
       24h);
}

void read_limits(env_reader& env, config& c) {
  c.max_head = env.bytes({"CANARY_MAX_HEAD", "largest request head, else 431"}, c.max_head, 1024, 1U << 20);
  c.max_body = env.bytes({"CANARY_MAX_BODY", "largest request body, else 413"}, c.max_body, 0, 1U << 30);
  c.max_connections = static_cast<unsigned>(
      env.number({"CANARY_MAX_CONNECTIONS", "open connections; more are refused"}, c.max_connections, 1, 1'000'000));
  c.blocking_threads = static_cast<unsigned>(
      env.number({"CANARY_BLOCKING_THREADS", "threads for handlers that block"}, c.blocking_threads, 1, 256));
  c.trusted_proxies = env.list({"CANARY_TRUSTED_PROXIES", "proxies whose X-Forwarded-For is believed"},
                               c.trusted_proxies, "addresses or CIDR blocks, separated by commas", check_network);
}

void read_logging(env_reader& env, config& c) {
  const auto level = env.choice({"CANARY_LOG_LEVEL", "events below it are not logged"}, std::string(to_string(c.level)),
                                {"debug", "info", "warning", "error", "off"});
  c.level = parse_log_level(level).value_or(c.level);
  c.access_log = env.real({"CANARY_ACCESS_LOG", "share of the requests that get a line in the access log"},
                          c.access_log, 0, 1, {{"off", 0}, {"all", 1}});
  c.strict = env.boolean({"CANARY_STRICT", "an unknown CANARY_ variable is an error, not a warning"}, c.strict);
}

void read_faults(env_reader& env, config& c) {
  auto& f = c.fault;
  c.faults = env.boolean({"CANARY_FAULTS", "faults can be changed at /api/faults on the admin port"}, c.faults);
  f.error_rate =
      env.real({"CANARY_FAULT_ERROR_RATE", "probability that a request is answered with an error"}, f.error_rate, 0, 1);
  f.error_status = static_cast<unsigned>(env.number({"CANARY_FAULT_ERROR_STATUS", "status of that error"},
                                                    f.error_status, fault_status_min, fault_status_max));
  const auto latency = env.latency({"CANARY_FAULT_LATENCY", "added before the handler; a range is drawn from evenly"},
                                   {f.latency_min, f.latency_max}, fault_latency_max);
  f.latency_min = latency.min;
  f.latency_max = latency.max;
  f.routes = env.list({"CANARY_FAULT_ROUTES", "routes that faults are injected into; none: all"}, f.routes,
                      "path templates, separated by commas", check_route);
  f.ttl = env.optional_duration<milliseconds>({"CANARY_FAULT_TTL", "how long after the start the faults end"}, f.ttl,
                                              fault_ttl_min, fault_ttl_max);
  f.seed = env.optional_number({"CANARY_FAULT_SEED", "makes the draws repeatable"}, f.seed, 0, fault_seed_max);
}

/// Settings that contradict each other. One that was refused already is not blamed twice.
void cross_check(env_reader& env, const config& c) {
  const auto blame = [&env](const char* first, const char* second) { return env.given(first) ? first : second; };
  const auto fine = [&env](const char* a, const char* b) { return !env.failed(a) && !env.failed(b); };

  if (fine("CANARY_HANDLER_TIMEOUT", "CANARY_DRAIN_TIMEOUT") && c.handler_timeout > c.drain_timeout) {
    env.refuse(blame("CANARY_HANDLER_TIMEOUT", "CANARY_DRAIN_TIMEOUT"),
               "does not go with the others: CANARY_HANDLER_TIMEOUT (" + format_duration(c.handler_timeout) +
                   ") is above CANARY_DRAIN_TIMEOUT (" + format_duration(c.drain_timeout) + ")");
  }
  if (fine("CANARY_HTTP_PORT", "CANARY_ADMIN_PORT") && c.http_port != 0 && c.http_port == c.admin_port) {
    env.refuse(blame("CANARY_ADMIN_PORT", "CANARY_HTTP_PORT"),
               "does not go with the others: CANARY_HTTP_PORT and CANARY_ADMIN_PORT have to differ, both are " +
                   std::to_string(c.http_port));
  }
}

constexpr std::array<std::pair<std::string_view, log_level>, 5> levels{{{"debug", log_level::debug},
                                                                        {"info", log_level::info},
                                                                        {"warning", log_level::warning},
                                                                        {"error", log_level::error},
                                                                        {"off", log_level::off}}};

}  // namespace

config override_config(env_reader& env, const config& defaults) {
  config c = defaults;
  c.self = read_identity(env, defaults.self);
  read_listeners(env, c);
  read_timeouts(env, c);
  read_limits(env, c);
  read_logging(env, c);
  read_faults(env, c);
  cross_check(env, c);
  env.refuse_unknown("CANARY_", c.strict);
  return c;
}

config read_config(env_reader& env, identity defaults) {
  config c;
  c.self = std::move(defaults);
  return override_config(env, c);
}

std::string_view to_string(log_level l) noexcept {
  const auto* at = std::ranges::find(levels, l, &decltype(levels)::value_type::second);
  return at != levels.end() ? at->first : "off";
}

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
  const auto* at = std::ranges::find(levels, text, &decltype(levels)::value_type::first);
  return at != levels.end() ? std::optional(at->second) : std::nullopt;
}

}  // namespace canary
