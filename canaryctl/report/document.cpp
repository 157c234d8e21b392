// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/report/document.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace canaryctl {
namespace json = boost::json;

namespace {

std::string now_utc() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void emit(YAML::Emitter& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      if (value.get_object().empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const auto& member : value.get_object()) {
        out << YAML::Key << std::string(member.key()) << YAML::Value;
        emit(out, member.value());
      }
      out << YAML::EndMap;
      break;
    case json::kind::array: {
      bool scalars = true;
      for (const auto& one : value.get_array()) scalars = scalars && one.is_primitive() && !one.is_string();
      if (scalars) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const auto& one : value.get_array()) emit(out, one);
      out << YAML::EndSeq;
      break;
    }
    case json::kind::string:
      out << YAML::DoubleQuoted << std::string(value.get_string());
      break;
    case json::kind::bool_:
      out << value.get_bool();
      break;
    case json::kind::int64:
      out << value.get_int64();
      break;
    case json::kind::uint64:
      out << value.get_uint64();
      break;
    case json::kind::double_: {
      char text[40];
      const auto end = std::to_chars(text, text + sizeof text - 2, value.get_double()).ptr;
      std::string number(text, end);
      // YAML 1.1 takes 1e-06 for text: it wants a point in a number with an exponent.
      if (const auto e = number.find('e'); e != number.npos && number.find('.') == number.npos) number.insert(e, ".0");
      out << number;
      break;
    }
    case json::kind::null:
      out << YAML::Null;
      break;
  }
}

}  // namespace

json::object about(const std::string& source) {
  json::object result{{"source", source}, {"written_at", now_utc()}, {"canaryctl", CANARYCTL_VERSION}};
  if (auto commit = built_from(); !commit.empty()) result["commit"] = std::move(commit);
  return result;
}

std::string to_yaml(const json::value& value) {
  YAML::Emitter out;
  out.SetIndent(2);
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

void write_report(const std::string& file, const std::string& how, const json::object& report) {
  const auto temporary = file + ".part";
  std::ofstream out(temporary, std::ios::trunc);
  out << "# " << how << '\n' << to_yaml(report);
  out.close();
  if (!out || std::rename(temporary.c_str(), file.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw std::runtime_error("cannot write '" + file + "'");
  }
}

}  // namespace canaryctl
