"""The table of values in chart/README.md, from the comments in values.yaml.

    python -m chart_support.values_table          (in tests/chart) writes it anew
"""
import json
import re
import sys

import yaml

from .tools import CHART

BEGIN, END = "<!-- values: begin, made from values.yaml -->", "<!-- values: end -->"


def described():
    """(dotted name, default, description) of every value with a `# --` comment, in the file's order."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    path, pending, rows = [], None, []
    for line in (CHART / "values.yaml").read_text().splitlines():
        comment = re.match(r"\s*# -- (.*)", line)
        if comment:
            pending = comment[1]
            continue
        key = re.match(r"( *)([A-Za-z_]\w*):", line)
        if not key:
            continue
        depth = len(key[1]) // 2
        if depth > len(path) or line.lstrip().startswith("-"):
            continue
        path = path[:depth] + [key[2]]
        if pending:
            at = values
            for part in path:
                at = at[part]
            rows.append((".".join(path), json.dumps(at), pending))
        pending = None
    return rows


def undescribed():
    """Values that no comment covers, neither their own nor their parent's."""
    names = {name for name, _, _ in described()}
    missing = []

    def walk(at, path):
        for key, value in at.items():
            here = path + [key]
            if ".".join(here) in names or here == ["global"]:
                continue
            if isinstance(value, dict) and value:
                walk(value, here)
            else:
                missing.append(".".join(here))

    walk(yaml.safe_load((CHART / "values.yaml").read_text()), [])
    return missing


def table():
    lines = ["| value | default | what it is |", "|---|---|---|"]
    for name, default, text in described():
        shown = default.replace("|", "\\|")
        lines.append(f"| `{name}` | `{shown}` | {text} |")
    return "\n".join(lines)


def replaced(text):
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    readme = CHART / "README.md"
    readme.write_text(replaced(readme.read_text()))
    print(f"{len(described())} values", file=sys.stderr)
