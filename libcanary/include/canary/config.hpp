// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/color.hpp>
#include <canary/env_reader.hpp>

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace canary {

/// Which release of a service this process is. The library has no default for it: the program or the environment
/// (`APP_VERSION`, `APP_COLOR`, `APP_TRACK`, `APP_REVISION`, `APP_CONFIG`) gives it.
struct identity {
  std::string version;   ///< 1 to 64 of [A-Za-z0-9._+-]
  std::string color;     ///< a CSS colour name, #rgb or #rrggbb
  std::string track;     ///< stable or canary
  std::string revision;  ///< of the source or the release; may be empty
  std::string config;    ///< hash of the configuration; may be empty
};

enum class log_level { debug, info, warning, error, off };

/// Faults to inject on purpose (`CANARY_FAULT_*`, `PUT /api/faults`).
struct fault_settings {
  double error_rate = 0;                         ///< probability, 0 to 1
  unsigned error_status = 500;                   ///< 400 to 599
  std::chrono::microseconds latency_min{0};      ///< added before the handler
  std::chrono::microseconds latency_max{0};      ///< drawn evenly from [min, max]
  std::vector<std::string> routes;               ///< route templates; empty: every route
  std::optional<std::chrono::milliseconds> ttl;  ///< after which the faults end by themselves
  std::optional<std::uint64_t> seed;             ///< of the draws; none: from the system
};

/// Every setting of the library, with its default. `read_config` fills it from the environment and checks the ranges.
struct config {
  identity self;

  std::string http_address = "::";  ///< dual stack; 0.0.0.0 where the machine has no IPv6
  std::uint16_t http_port = 8080;   ///< 0: the kernel chooses
  std::string admin_address = "::";
  std::uint16_t admin_port = 8081;  ///< 0: the kernel chooses; never equal to a non-zero http_port
  unsigned threads = 0;  ///< 0: one a CPU of the tightest cgroup quota, without one min(4, affinity); at most 256

  std::chrono::milliseconds drain_delay{5'000};     ///< still serving, not ready
  std::chrono::milliseconds drain_timeout{20'000};  ///< busy connections may finish
  std::chrono::milliseconds head_timeout{10'000};   ///< from a head's first byte to its last
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds handler_timeout{15'000};  ///< at most drain_timeout
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds idle_timeout{120'000};  ///< between requests; above a gateway's own

  std::size_t max_head = 16 * 1024;    ///< bytes
  std::size_t max_body = 1024 * 1024;  ///< bytes
  unsigned max_connections = 10'000;
  unsigned blocking_threads = 4;
  std::vector<std::string> trusted_proxies;  ///< addresses or CIDR; X-Forwarded-For is read only from these

  log_level level = log_level::info;
  double access_log = 0;  ///< share of requests with an access log line, 0 (off) to 1 (all)
  bool strict = true;     ///< an unknown CANARY_* name is an error, not a warning

  bool faults = false;  ///< faults can be changed at `/api/faults`
  fault_settings fault;
};

/// Reads every setting and checks it, and refuses unknown `CANARY_*` names: the prefix is the library's, so a program
/// that has settings under it reads them before. Errors and warnings are collected in `env`; with an error there the
/// result is of no use.
/// \param defaults what the program says of itself; the environment may say otherwise. A version and a track are
/// needed from one of them.
[[nodiscard]] config read_config(env_reader& env, identity defaults = {});
/// The same with the program's own defaults for every setting.
[[nodiscard]] config override_config(env_reader& env, const config& defaults);

/// The settings in force by name, `{"CANARY_HTTP_PORT": "8080", ...}`, for `/api/config` and the log.
[[nodiscard]] boost::json::object to_json(std::span<const setting> rows);
[[nodiscard]] boost::json::object to_json(const config& c);

[[nodiscard]] std::string_view to_string(log_level l) noexcept;
/// debug, info, warning, error, off; none for anything else.
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view text) noexcept;

}  // namespace canary
