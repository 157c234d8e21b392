"""canaryctl report: answers.yml from what a run on a cluster measured."""

import copy
import json
import os
import pathlib
import subprocess

import pytest
import yaml
from support_report import SOURCE, contradictions

CANARYCTL = os.environ["CANARYCTL"]
RUN = pathlib.Path(__file__).parent / "data" / "cluster_run"  # recorded by a real run


def report(*arguments):
    return subprocess.run([CANARYCTL, "report", *map(str, arguments)], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def answers():
    result = report("--measurements", RUN)
    assert result.returncode == 0, result.stderr
    return yaml.safe_load(result.stdout)


def strings(value):
    """YAML's keys may be numbers (a status), JSON's never are."""
    if isinstance(value, dict):
        return {str(key): strings(entry) for key, entry in value.items()}
    return [strings(entry) for entry in value] if isinstance(value, list) else value


def test_numbers_follow_from_the_counts(answers):
    assert contradictions(strings(answers)) == []


def test_the_committed_answers_are_a_whole_run_and_follow_from_their_counts():
    committed = strings(yaml.safe_load((SOURCE / "answers.yml").read_text()))
    assert contradictions(committed) == []
    assert committed["verdict"] == "pass" and len(committed["about"]["commit"]) >= 7
    whole = {"environment", "pods", "splits", "queries", "resources", "releases", "faults", "controllers", "judge", "error_budget"}
    assert whole <= set(committed)


def test_yaml_and_json_say_the_same(answers):
    other = json.loads(report("--measurements", RUN, "--output", "json").stdout)
    mine = strings(copy.deepcopy(answers))
    for one in (mine, other):
        one["about"].pop("written_at")
    assert mine == other


def test_a_file_is_replaced_as_a_whole_and_says_how_it_was_made(answers, tmp_path):
    file = tmp_path / "answers.yml"
    file.write_text("old")
    assert report("--measurements", RUN, "--output-file", file, "--commit", "c0ffee").returncode == 0
    assert file.read_text().startswith("# Written by `canaryctl report`")
    assert yaml.safe_load(file.read_text())["about"]["commit"] == "c0ffee"
    assert os.listdir(tmp_path) == ["answers.yml"]


CHANGES = {
    "share": lambda a: a["splits"]["gateway"]["versions"]["v2"].update(share=0.25),
    "observed": lambda a: a["splits"]["gateway"]["versions"]["v2"].update(observed=a["splits"]["gateway"]["versions"]["v2"]["observed"] + 1),
    "interval": lambda a: a["splits"]["gateway"]["versions"]["v2"]["interval"].__setitem__(0, 0.1),
    "passed": lambda a: a["splits"]["gateway"].update(passed=False),
    "failed": lambda a: a["releases"]["gateway"]["load"].update(failed=1),
    "a lost request": lambda a: a["releases"]["gateway"]["load"]["outcomes"].update(reset=1),
    "budget": lambda a: a["error_budget"].update(left=1.0),
    "fault's share": lambda a: a["faults"][0]["load"].update(failed_share=0.5),
    "judge's median": lambda a: a["judge"]["evidence-300"].update(median_canary_requests=1.0),
    "observations": lambda a: a.update(observations=["All is well."]),
    "an unknown field": lambda a: a.update(extra=1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_number_is_noticed(answers, change):
    changed = strings(copy.deepcopy(answers))
    CHANGES[change](changed)
    assert contradictions(changed), change


def test_bad_measurements_are_named(tmp_path):
    empty = report("--measurements", tmp_path)
    assert empty.returncode == 2 and "holds no *.json" in empty.stderr
    assert report("--measurements", tmp_path / "none").returncode == 2
    (tmp_path / "folder.json").mkdir()
    assert "holds no *.json" in report("--measurements", tmp_path).stderr
    (tmp_path / "pods.json").write_text("[1,")
    broken = report("--measurements", tmp_path)
    assert broken.returncode == 2 and "pods.json" in broken.stderr


def test_an_output_file_that_will_not_be_written_is_said(tmp_path):
    nowhere = report("--measurements", RUN, "--output-file", tmp_path / "none" / "answers.yml")
    assert nowhere.returncode == 2 and f"--output-file: cannot write '{tmp_path}/none/answers.yml'" in nowhere.stderr
    both = report("--measurements", RUN, "--output-file", tmp_path / "answers.yml", "--output", "json")
    assert both.returncode == 2 and "--output-file: it takes YAML" in both.stderr and both.stdout == ""
