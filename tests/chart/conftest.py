import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from chart_support.chart import Chart  # noqa: E402


@pytest.fixture(scope="session")
def chart():
    return Chart()


@pytest.fixture(scope="session")
def chart3():
    return Chart(helm="HELM3")
