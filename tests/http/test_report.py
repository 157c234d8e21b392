"""canaryctl report: answers.yml from what a run on a cluster measured."""

import copy
import json
import os
import pathlib
import shutil
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


NOTHING = object()
WRONG = [
    ("split-gateway", "counted", NOTHING, "missing: expected a whole number above 0"),
    ("split-gateway", "exit_code", NOTHING, "missing: expected a whole number"),
    ("split-gateway", "versions", [], "[]: expected a list with something in it"),
    ("split-gateway", "versions.1.observed", "400", '"400": expected a whole number'),
    ("split-nginx", "versions.0.interval_test", NOTHING, "missing: expected a list"),
    ("releases-gateway", "load", NOTHING, "missing: expected an object, as canaryctl load writes it"),
    ("releases-gateway", "load.requests", 0, "0: expected a whole number above 0"),
    ("releases-nginx", "load.statuses", NOTHING, "missing: expected an object"),
    ("releases-nginx", "phases.upgrade", None, "null: expected a number"),
    ("fault-sigkill-nginx", "load.outcomes", [], "[]: expected an object"),
    ("fault-sigkill-nginx", "load.seconds_without_canary", "2 s", '"2 s": expected a number'),
    ("drain-gateway", "seconds", NOTHING, "missing: expected a number"),
    ("queries", "rate_query", 5, "5: expected text"),
    ("queries", "window_rates", NOTHING, "missing: expected an object"),
    ("counted", "client.v1", {}, "{}: expected a number"),
    ("resources", "pods.v2", NOTHING, "missing: expected a number, as in cpu_seconds_per_second"),
    ("controller-argo-nginx", "bad_phases", "Degraded", '"Degraded": expected a list'),
    ("judge-evidence-300", "canary_requests", [], "[]: expected a list with something in it"),
    ("judge-evidence-300", "canary_requests.2", True, "true: expected a number"),
    ("judge-job-good", "requests", NOTHING, "missing: expected a whole number"),
    ("judge-promotion", "reason", NOTHING, "missing: expected text"),
]


@pytest.mark.parametrize("step, path, value, what", WRONG, ids=[f"{step} {path}" for step, path, *_ in WRONG])
def test_a_step_that_lacks_what_is_read_is_named_with_what_was_expected(tmp_path, step, path, value, what):
    file = shutil.copytree(RUN, tmp_path / "run") / f"{step}.json"
    measured = within = json.loads(file.read_text())
    *above, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in above:
        within = within[part]
    if value is NOTHING:
        del within[last]
    else:
        within[last] = value
    file.write_text(json.dumps(measured))
    refused = report("--measurements", file.parent)
    assert refused.returncode == 2 and refused.stdout == ""
    assert f"{file.name}': {path}: {what}" in refused.stderr, refused.stderr


def test_a_step_may_be_missing_and_one_that_is_not_read_may_be_anything(tmp_path):
    folder = shutil.copytree(RUN, tmp_path / "run")
    (folder / "split-nginx.json").unlink()
    (folder / "readme.json").write_text("{}")
    result = report("--measurements", folder)
    assert result.returncode == 0 and set(yaml.safe_load(result.stdout)["splits"]) == {"gateway"}


def test_a_folder_without_a_step_does_not_pass(tmp_path):
    (tmp_path / "package.json").write_text("{}")
    refused = report("--measurements", tmp_path, "--output-file", tmp_path / "answers.yml")
    assert refused.returncode == 2 and f"'{tmp_path}' holds no step of a run: expected files such as pods.json" in refused.stderr
    assert not (tmp_path / "answers.yml").exists()


def test_an_output_file_that_will_not_be_written_is_said(tmp_path):
    nowhere = report("--measurements", RUN, "--output-file", tmp_path / "none" / "answers.yml")
    assert nowhere.returncode == 2 and f"--output-file: cannot write '{tmp_path}/none/answers.yml'" in nowhere.stderr
    both = report("--measurements", RUN, "--output-file", tmp_path / "answers.yml", "--output", "json")
    assert both.returncode == 2 and "--output-file: it takes YAML" in both.stderr and both.stdout == ""
