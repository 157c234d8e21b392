// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>
#include <vector>

namespace canary {

/// A segment of a path template, as a view of it.
struct template_segment {
  enum class type { literal, parameter, rest };
  type kind = type::literal;
  std::string_view text;  ///< the literal, or the parameter's name
};

/// The segments of `/a/{b}/{c*}`. \throws std::invalid_argument naming the template and what is wrong with it.
[[nodiscard]] std::vector<template_segment> parse_template(std::string_view path);

}  // namespace canary
