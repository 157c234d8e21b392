#!/usr/bin/env python3
"""Writes a header with files as string literals: embed.py OUTPUT NAME=FILE..."""
import sys

output, *pairs = sys.argv[1:]
lines = ["#pragma once", "#include <string_view>", "namespace canary_app {"]
for name, path in (pair.split("=", 1) for pair in pairs):
    text = open(path, encoding="utf-8").read()
    assert ')page"' not in text
    lines.append(f'inline constexpr std::string_view {name} = R"page({text})page";')
lines.append("}")
with open(output, "w", encoding="utf-8") as out:
    out.write("\n".join(lines) + "\n")
