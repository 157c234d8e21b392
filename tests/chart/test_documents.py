"""README, schema and values say the same."""
import json
import re

import yaml
from chart_support import values_table
from chart_support.tools import CHART


def test_the_table_of_values_is_up_to_date():
    text = (CHART / "README.md").read_text()
    assert values_table.replaced(text) == text, "run python -m chart_support.values_table in tests/chart"


def test_every_value_is_described():
    assert not values_table.undescribed()
    assert len(values_table.described()) > 80


def test_the_schema_knows_every_value_and_nothing_else():
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def resolve(node):
        return schema["definitions"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node

    def walk(node, at, path):
        node = resolve(node)
        if "properties" not in node:
            return
        assert node["additionalProperties"] is not True, f"{path} takes any key"
        known = set(node["properties"])
        optional = path.endswith("settings") or node["additionalProperties"] or path.endswith(".resources")
        assert set(at) <= known, f"{path}: not in the schema: {set(at) - known}"
        assert optional or known == set(at), f"{path}: no default in values.yaml: {known - set(at)}"
        for key, value in at.items():
            if isinstance(value, dict):
                walk(node["properties"][key], value, f"{path}.{key}")

    walk(schema, values, "")


def test_the_readme_names_values_that_exist():
    text = (CHART / "README.md").read_text().split(values_table.BEGIN)[0]
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    named = set(re.findall(r"`((?:canary|config|traffic|monitoring|check|autoscaling|networkPolicy|image|tests)\.[A-Za-z.]+)", text))
    assert len(named) >= 5
    for name in named:
        at = values
        for part in name.rstrip(".").split("."):
            assert part in at, name
            at = at[part]
