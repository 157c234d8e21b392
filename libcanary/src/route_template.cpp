// SPDX-License-Identifier: BSL-1.0
#include "route_template.hpp"

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace canary {

namespace {

[[noreturn]] void refuse(std::string_view path, const std::string& reason) {
  throw std::invalid_argument("canary::router: template `" + std::string(path) + "`: " + reason);
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(std::string_view name) {
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c); });
}

template_segment parse_segment(std::string_view path, std::string_view segment) {
  const bool braces = segment.find_first_of("{}") != segment.npos;
  if (!braces) return {template_segment::type::literal, segment};
  if (segment.front() != '{' || segment.back() != '}' || segment.size() < 2)
    refuse(path, "a parameter takes a whole segment, as in `/items/{id}`");
  auto name = segment.substr(1, segment.size() - 2);
  auto kind = template_segment::type::parameter;
  if (name.ends_with('*')) {
    kind = template_segment::type::rest;
    name.remove_suffix(1);
  }
  if (!is_name(name)) refuse(path, "parameter `" + std::string(name) + "`: a name is of [A-Za-z_][A-Za-z0-9_]*");
  return {kind, name};
}

}  // namespace

std::vector<template_segment> parse_template(std::string_view path) {
  if (!path.starts_with('/')) refuse(path, "a path starts with `/`");
  // What no request's path can hold would never match.
  const auto unusable = [](char c) { return c <= ' ' || c >= 0x7f || c == '?' || c == '#'; };
  if (std::any_of(path.begin(), path.end(), unusable) || !boost::urls::make_pct_string_view(path))
    refuse(path, "a request's path has no blanks, `?`, `#`, characters outside ASCII or unfinished `%` escapes");

  std::vector<template_segment> segments;
  std::string_view left = path;
  while (!left.empty()) {
    left.remove_prefix(1);
    const auto end = std::min(left.find('/'), left.size());
    const auto s = parse_segment(path, left.substr(0, end));
    left.remove_prefix(end);
    if (s.kind == template_segment::type::rest && !left.empty())
      refuse(path, "`{" + std::string(s.text) + "*}` takes the rest of the path and has to be the last segment");
    const auto same = [&](const template_segment& o) {
      return o.kind != template_segment::type::literal && o.text == s.text;
    };
    if (s.kind != template_segment::type::literal && std::any_of(segments.begin(), segments.end(), same))
      refuse(path, "parameter `" + std::string(s.text) + "` stands there twice");
    segments.push_back(s);
  }
  return segments;
}

}  // namespace canary
