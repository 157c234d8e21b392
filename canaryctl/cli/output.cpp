// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/output.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <map>
#include <ostream>
#include <sstream>

namespace canaryctl {
namespace json = boost::json;

namespace {

void write_indented(std::ostream& out, const json::value& value, int depth);

// Boost.JSON writes doubles as 8E1; people compare them with what they typed, so they are written as 80 where that
// is exact enough to read back the same value.
void write_double(std::ostream& out, double number) {
  if (!std::isfinite(number)) {
    out << "null";
    return;
  }
  std::ostringstream text;
  if (number == std::trunc(number) && std::abs(number) < 1e15) {
    out << decimals(number, 0);
    return;
  }
  for (int precision = 6; precision <= 17; ++precision) {
    text.str({});
    text << std::setprecision(precision) << number;
    if (std::strtod(text.str().c_str(), nullptr) == number) break;
  }
  out << text.str();
}

template <class Range, class Write>
void write_members(std::ostream& out, const Range& range, char open, char close, int depth, Write write) {
  if (range.empty()) {
    out << open << close;
    return;
  }
  const std::string indent(2 * (static_cast<std::size_t>(depth) + 1), ' ');
  const char* separator = "\n";
  out << open;
  for (const auto& member : range) {
    out << separator << indent;
    write(member);
    separator = ",\n";
  }
  out << '\n' << std::string(2 * static_cast<std::size_t>(depth), ' ') << close;
}

void write_indented(std::ostream& out, const json::value& value, int depth) {
  if (const auto* object = value.if_object()) {
    write_members(out, *object, '{', '}', depth, [&](const auto& member) {
      out << json::serialize(json::value(member.key())) << ": ";
      write_indented(out, member.value(), depth + 1);
    });
  } else if (const auto* array = value.if_array()) {
    write_members(out, *array, '[', ']', depth, [&](const auto& element) { write_indented(out, element, depth + 1); });
  } else if (const auto* number = value.if_double()) {
    write_double(out, *number);
  } else {
    out << json::serialize(value);
  }
}

}  // namespace

void add_output_option(CLI::App& command, output_format& format) {
  static const std::map<std::string, output_format> names{{"text", output_format::text}, {"json", output_format::json}};
  command.add_option("-o,--output", format, "text for people, json for programs (text)")
      ->transform(CLI::CheckedTransformer(names, CLI::ignore_case).description("text|json"))
      ->option_text("text|json");
}

void write_json(std::ostream& out, const json::value& value) {
  write_indented(out, value, 0);
  out << std::endl;
}

void add_verdict(json::object& report, exit_code code) {
  report["verdict"] = to_string(code);
  report["exit_code"] = to_int(code);
}

json::value number_or_null(double value) { return std::isfinite(value) ? json::value(value) : json::value(nullptr); }

bool wants_colour(int fd) {
  const char* term = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  return ::isatty(fd) != 0 && (term == nullptr || std::string_view(term) != "dumb") &&
         (no_colour == nullptr || *no_colour == '\0');
}

std::string decimals(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << (value == 0 ? 0.0 : value);  // no "-0.0"
  return text.str();
}

std::string grouped(unsigned long long value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace canaryctl
