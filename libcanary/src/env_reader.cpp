// SPDX-License-Identifier: BSL-1.0
#include <canary/env_reader.hpp>

#include "characters.hpp"
#include "quantities.hpp"
#include "service_links.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <limits>

namespace canary {

using detail::parsed;
using detail::trim;

namespace {

constexpr std::string_view mask = "***";

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const auto& p : parts) out.append(out.empty() ? "" : between).append(p);
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <class T, class Format>
std::string between(T min, T max, Format format) {
  return format(min) + (max == std::numeric_limits<T>::max() ? " or more" : " to " + format(max));
}

/// `parse`'s value where it lies in [min, max].
template <class T>
parsed<T> within(parsed<T> p, T min, T max) {
  if (!p) return p;
  if (p.value < min) return parsed<T>::bad("is too small");
  if (p.value > max) return parsed<T>::bad("is too large");
  return p;
}

}  // namespace

/// What all reads have in common: find, parse, record, complain.
struct env_reader::access {
  env_reader& reader;
  about what;
  std::string allowed;
  std::string unit;
  bool text = false;  // a `tcp://…` value may be meant
  bool empty_is_unset = false;

  /// \param parse gives parsed<T> of a string_view
  /// \param format gives the normal form of a T
  template <class T, class Parse, class Format>
  std::optional<T> read(std::optional<T> def, Parse parse, Format format) {
    setting row{what.name, def ? format(*def) : std::string(), allowed, unit, what.description, {}, {}, what.secret};
    auto result = def;
    const auto at = reader.variables_.find(what.name);
    if (at == reader.variables_.end()) {
      row.value = row.default_value;
    } else if (!text && detail::is_service_link(at->first, at->second)) {
      row.value = row.default_value;
      reader.warn(what.name + "='" + at->second +
                  "' comes from a Kubernetes Service and hides the setting of that name; " +
                  (def ? "the default " + row.default_value + " is used" : std::string("it counts as not set")) +
                  " (enableServiceLinks: false in the pod lets it be set)");
    } else if (empty_is_unset && at->second.empty()) {
      result.reset();
      row.from = setting::origin::environment;
    } else {
      row.from = setting::origin::environment;
      if (parsed<T> p = parse(std::string_view(at->second))) {
        row.value = format(p.value);
        result = std::move(p.value);
      } else {
        row.value = at->second;
        reader.errors_.push_back({what.name, shown(at->second), std::move(p.problem), allowed_with_unit()});
      }
    }
    row.value = shown(row.value);
    row.default_value = shown(row.default_value);
    record(std::move(row));
    return result;
  }

  std::string shown(const std::string& value) const {
    return what.secret && !value.empty() ? std::string(mask) : value;
  }
  std::string allowed_with_unit() const { return unit.empty() ? allowed : allowed + " (with a unit: " + unit + ")"; }

  void record(setting row) const {
    const auto same = std::ranges::find(reader.settings_, row.name, &setting::name);
    if (same == reader.settings_.end()) {
      reader.settings_.push_back(std::move(row));
    } else {
      *same = std::move(row);
    }
  }
};

env_reader::env_reader(environment variables) : variables_(std::move(variables)) {}

env_reader env_reader::of_process() {
  environment all;
  for (char** v = ::environ; v != nullptr && *v != nullptr; ++v) {
    const std::string_view entry(*v);
    if (const auto eq = entry.find('='); eq != std::string_view::npos)
      all.emplace(entry.substr(0, eq), entry.substr(eq + 1));
  }
  return env_reader(std::move(all));
}

std::string env_reader::text(about a, std::optional<std::string> def, std::string allowed, const check& fine) {
  const bool needed = !def;
  const auto name = a.name;
  access read{*this, std::move(a), allowed, {}, true};
  const auto value = read.read<std::string>(
      std::move(def),
      [&fine](std::string_view v) {
        auto reason = fine ? fine(v) : std::string();
        return parsed<std::string>{std::string(v), std::move(reason)};
      },
      [](const std::string& v) { return v; });
  if (needed && !variables_.contains(name)) errors_.push_back({name, {}, "is not set and has no default", allowed});
  return value.value_or("");
}

std::string env_reader::choice(about a, std::optional<std::string> def, const std::vector<std::string>& values) {
  return text(std::move(a), std::move(def), join(values, ", "), [&values](std::string_view v) -> std::string {
    if (v.empty()) return "is empty";
    return std::ranges::find(values, v) != values.end() ? "" : "is none of the values";
  });
}

bool env_reader::boolean(about a, bool def) {
  access read{*this, std::move(a), "true, false, 1, 0, on, off", {}};
  return *read.read<bool>(
      def,
      [](std::string_view v) {
        const auto word = lower(v);
        const bool yes = word == "true" || word == "1" || word == "on";
        if (yes || word == "false" || word == "0" || word == "off") return parsed<bool>{yes, {}};
        return parsed<bool>::bad(word.empty() ? "is empty" : "is neither yes nor no");
      },
      [](bool v) { return std::string(v ? "true" : "false"); });
}

std::uint64_t env_reader::number(about a, std::uint64_t def, std::uint64_t min, std::uint64_t max) {
  const auto format = [](std::uint64_t v) { return std::to_string(v); };
  access read{*this, std::move(a), between(min, max, format), {}};
  return *read.read<std::uint64_t>(
      def, [=](std::string_view v) { return within(detail::parse_number<std::uint64_t>(v), min, max); }, format);
}

std::optional<std::uint64_t> env_reader::optional_number(about a, std::optional<std::uint64_t> def, std::uint64_t min,
                                                         std::uint64_t max) {
  const auto format = [](std::uint64_t v) { return std::to_string(v); };
  access read{*this, std::move(a), "empty, or " + between(min, max, format), {}, false, true};
  return read.read<std::uint64_t>(
      def, [=](std::string_view v) { return within(detail::parse_number<std::uint64_t>(v), min, max); }, format);
}

double env_reader::real(about a, double def, double min, double max,
                        const std::vector<std::pair<std::string, double>>& words) {
  std::string allowed;
  for (const auto& [word, value] : words) allowed += word + " (" + detail::format_real(value) + "), ";
  access read{*this, std::move(a), allowed + between(min, max, detail::format_real), {}};
  return *read.read<double>(
      def,
      [&](std::string_view v) {
        const auto word = std::ranges::find(words, v, &std::pair<std::string, double>::first);
        if (word != words.end()) return parsed<double>{word->second, {}};
        return within(detail::parse_number<double>(v), min, max);
      },
      [&words](double v) {
        const auto word = std::ranges::find(words, v, &std::pair<std::string, double>::second);
        return word != words.end() ? word->first : detail::format_real(v);
      });
}

std::optional<env_reader::us> env_reader::read_duration(about a, std::optional<us> def, us min, us max, us resolution,
                                                        bool optional) {
  auto range = (optional ? "empty, or " : "") + between(min, max, detail::format_duration);
  access read{*this, std::move(a), std::move(range), std::string(detail::duration_units), false, optional};
  return read.read<us>(
      def,
      [=](std::string_view v) {
        auto d = within(detail::parse_duration(v), min, max);
        if (d && d.value % resolution != us::zero()) {
          return parsed<us>::bad("is finer than " + detail::format_duration(resolution));
        }
        return d;
      },
      detail::format_duration);
}

latency_range env_reader::latency(about a, latency_range def, us max) {
  access read{*this, std::move(a), "0s to " + detail::format_duration(max) + ", or a range as 10ms..90ms",
              std::string(detail::duration_units)};
  return *read.read<latency_range>(
      def,
      [=](std::string_view v) {
        auto l = detail::parse_latency(v);
        return l && l.value.max > max ? parsed<latency_range>::bad("is too large") : l;
      },
      detail::format_latency);
}

std::uint64_t env_reader::bytes(about a, std::uint64_t def, std::uint64_t min, std::uint64_t max) {
  access read{*this, std::move(a), between(min, max, detail::format_bytes), std::string(detail::byte_units)};
  return *read.read<std::uint64_t>(
      def, [=](std::string_view v) { return within(detail::parse_bytes(v), min, max); }, detail::format_bytes);
}

std::vector<std::string> env_reader::list(about a, std::vector<std::string> def, std::string allowed,
                                          const check& fine) {
  using strings = std::vector<std::string>;
  access read{*this, std::move(a), std::move(allowed), {}, true};
  return *read.read<strings>(
      std::move(def),
      [&fine](std::string_view rest) {
        strings out;
        while (!trim(rest).empty()) {
          const auto comma = rest.find(',');
          const auto entry = trim(rest.substr(0, comma));
          if (entry.empty()) return parsed<strings>::bad("has an empty entry");
          if (auto reason = fine ? fine(entry) : std::string(); !reason.empty()) {
            return parsed<strings>::bad("has an entry '" + std::string(entry) + "' that " + reason);
          }
          out.emplace_back(entry);
          if (comma == std::string_view::npos) break;
          rest.remove_prefix(comma + 1);
          if (trim(rest).empty()) return parsed<strings>::bad("has an empty entry");
        }
        return parsed<strings>{std::move(out), {}};
      },
      [](const strings& v) { return join(v, ","); });
}

bool env_reader::given(std::string_view name) const {
  const auto row = std::ranges::find(settings_, name, &setting::name);
  if (row != settings_.end()) return row->from == setting::origin::environment;
  return variables_.contains(name);
}

bool env_reader::failed(std::string_view name) const {
  return std::ranges::find(errors_, name, &setting_error::name) != errors_.end();
}

void env_reader::refuse(std::string_view name, std::string reason) {
  const auto row = std::ranges::find(settings_, name, &setting::name);
  if (row == settings_.end()) {
    errors_.push_back({std::string(name), {}, std::move(reason), {}});
  } else {
    errors_.push_back({row->name, row->value, std::move(reason), row->allowed});
  }
}

void env_reader::refuse_unknown(std::string_view prefix, bool strict) {
  for (auto at = variables_.lower_bound(prefix); at != variables_.end() && at->first.starts_with(prefix); ++at) {
    const auto& [name, value] = *at;
    if (std::ranges::find(settings_, name, &setting::name) != settings_.end()) continue;
    if (detail::is_service_link(name, value)) continue;
    std::string reason = "is no known setting";
    const auto nearest = std::ranges::min_element(settings_, {}, [&](const setting& s) {
      return s.name.starts_with(prefix) ? detail::edit_distance(name, s.name) : std::string::npos;
    });
    const bool near = nearest != settings_.end() && nearest->name.starts_with(prefix);
    if (near) reason += "; the nearest one is " + nearest->name;
    if (strict) {
      // A misspelt secret is still a secret.
      errors_.push_back({name, near && nearest->secret ? std::string(mask) : value, std::move(reason), {}});
    } else {
      warn(name + " " + reason);
    }
  }
}

}  // namespace canary
