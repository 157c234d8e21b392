// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/values.hpp"

#include "canaryctl/cli/output.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace canaryctl {

namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> units{{
    {"y", 31'536'000'000'000'000},
    {"w", 604'800'000'000'000},
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};

[[noreturn]] void reject(const std::string& name, const std::string& text, const std::string& expected) {
  throw CLI::ValidationError(name, "'" + text + "': expected " + expected);
}

}  // namespace

std::string shortest(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general).ptr;
  return {buffer.data(), end};
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<nanoseconds> parse_duration(std::string_view text) {
  // Parts such as 1h30m, each with a unit; fractions are allowed: 1.5s.
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    const auto value = parse_number(text.substr(0, digits));
    text.remove_prefix(digits);
    const auto unit = text.substr(0, text.find_first_of("0123456789."));
    text.remove_prefix(unit.size());
    std::int64_t factor = 0;
    for (const auto& [name, size] : units) {
      if (name == unit) factor = size;
    }
    if (!value || factor == 0) return std::nullopt;
    total += *value * static_cast<double>(factor);
  }
  if (total > 9e18) return std::nullopt;
  return nanoseconds(std::llround(total));
}

std::string format_duration(nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  std::string text;
  auto rest = duration.count();
  for (const auto& [name, size] : units) {
    if (rest < size || name == "y" || name == "w") continue;
    text += std::to_string(rest / size);
    text += name;
    rest %= size;
  }
  return text;
}

CLI::Option* add_number(CLI::App& command, const std::string& name, double& value, double min, double max,
                        const std::string& help) {
  const auto read = [&value, name, min, max](const std::string& text) {
    const auto number = parse_number(text);
    // A lower bound of 0 is exclusive: no option of ours means anything at 0.
    const bool above = number && (min == 0 ? *number > 0 : *number >= min);
    if (!above || *number > max) {
      reject(name, text,
             "a number " + std::string(min == 0 ? "above " : "of at least ") + shortest(min) + " and at most " +
                 shortest(max));
    }
    value = *number;
  };
  return command.add_option_function<std::string>(name, read, help + " (" + shortest(value) + ")")->option_text("N");
}

CLI::Option* add_count(CLI::App& command, const std::string& name, std::uint64_t& value, std::uint64_t min,
                       std::uint64_t max, const std::string& help) {
  const auto read = [&value, name, min, max](const std::string& text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end || number < min || number > max) {
      reject(name, text, "a whole number from " + grouped(min) + " to " + grouped(max));
    }
    value = number;
  };
  return command.add_option_function<std::string>(name, read, help + " (" + std::to_string(value) + ")")
      ->option_text("N");
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, nanoseconds& value, nanoseconds min,
                          nanoseconds max, const std::string& help) {
  const auto read = [&value, name, min, max](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || *duration < min || *duration > max) {
      reject(name, text,
             "a duration with its unit (250ms, 30s, 5m, 1h, 30d) from " + format_duration(min) + " to " +
                 format_duration(max));
    }
    value = *duration;
  };
  return command.add_option_function<std::string>(name, read, help + " (" + format_duration(value) + ")")
      ->option_text("DURATION");
}

CLI::Option* add_url(CLI::App& command, const std::string& name, http_target& value, const std::string& help) {
  const auto read = [&value, name](const std::string& text) {
    auto target = parse_target(text);
    if (!target) throw CLI::ValidationError(name, target.error().what);
    value = std::move(*target);
  };
  return command.add_option_function<std::string>(name, read, help)->option_text("URL");
}

CLI::Option* add_headers(CLI::App& command, http_request& request) {
  const auto read = [&request](const std::vector<std::string>& fields) {
    for (const auto& text : fields) {
      const auto colon = text.find(':');
      if (colon == std::string::npos || colon == 0) reject("--header", text, "'Name: value'");
      const auto value = text.find_first_not_of(" \t", colon + 1);
      request.headers.push_back({text.substr(0, colon), value == std::string::npos ? "" : text.substr(value)});
    }
    if (const auto problem = check_request(request); !problem.empty()) {
      throw CLI::ValidationError("--header", problem);
    }
  };
  return command
      .add_option_function<std::vector<std::string>>(
          "-H,--header", read, "A header to send, 'Name: value'; may be repeated. Host replaces the URL's")
      ->option_text("'NAME: VALUE'")
      ->expected(1, 100)
      ->allow_extra_args(false);
}

}  // namespace canaryctl
