"""Every check of checks/ against the chart."""
import checks
import pytest


@pytest.mark.parametrize("name", checks.ALL)
def test_chart(chart, name):
    checks.ALL[name](chart)
