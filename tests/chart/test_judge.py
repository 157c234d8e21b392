"""What the chart gives canaryctl, given to the real one; and the time that Helm is told to wait."""
import re
import subprocess

import pytest
import yaml
from chart_support.chart import Chart, pair
from chart_support.tools import CHART, built, run, tool

SETS = [yaml.safe_load(file.read_text()) for file in sorted(CHART.glob("ci/judge-*-values.yaml"))]
NOWHERE = "http://127.0.0.1:9"


def judging(rendering):
    for one in rendering.deployed() + rendering.jobs():
        if one["metadata"]["name"].endswith("-judge"):
            yield one["spec"]["template"]["spec"]["containers"][0]["args"]


def changed(args, **options):
    """The arguments with some values changed: `deadline="1s"`."""
    out = list(args)
    for name, value in options.items():
        for at, word in enumerate(args):
            if word == f"--{name}":
                out[at + 1] = value
    return out


@pytest.mark.parametrize("values", SETS, ids=lambda values: str(values["judge"])[:60])
def test_canaryctl_accepts_what_the_chart_gives_it(values):
    found = list(judging(Chart().render(values)))
    assert len(found) == 1
    for args in found:
        if args[0] == "judge":
            # Nobody can be asked there: it ends at once or at the deadline, and never for its arguments.
            args = [re.sub(r"=[\w.-]+:\d+$", "=127.0.0.1:9", word) for word in changed(args, prometheus=NOWHERE, deadline="1s", interval="200ms")]
            done = subprocess.run([built("CANARYCTL"), *args], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 4, (done.returncode, done.stdout, done.stderr)
        else:
            done = subprocess.run([built("CANARYCTL"), *args, "--rollouts", "0"], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 2 and "--rollouts: '0'" in done.stderr and done.stderr.count("\n") <= 2, "only what is wrong on purpose"


@pytest.mark.parametrize("deadline, check", [("30s", 120), ("10m", 120), ("1h", 120), ("1m", 900)])
def test_the_notes_tell_a_timeout_that_outlives_every_hook(tmp_path, deadline, check):
    values = {"judge": {"enabled": True, "deadline": deadline}, "check": {"timeoutSeconds": check}}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    done = run(tool("HELM"), "install", "blue", CHART, "-n", "shop", "--dry-run=client", "-f", file)
    told = {int(found) for found in re.findall(r"--timeout (\d+)s", done.stdout.split("NOTES:")[1])}
    assert len(told) == 1
    longest = max(job["spec"]["activeDeadlineSeconds"] for job in Chart().render(values).jobs() if "post-upgrade" in job["metadata"]["annotations"]["helm.sh/hook"])
    assert longest + 20 <= told.pop() <= longest + 120


@pytest.mark.parametrize("values, words", [
    ({"judge": {"enabled": True}}, ["THE JUDGE", "--rollback-on-failure", "Without a verdict the canary stays"]),
    ({"judge": {"enabled": True, "onInconclusive": "rollback"}}, ["a verdict of rollback, or none, fails the upgrade"]),
    ({"judge": {"enabled": True}, "canary": {"weight": 0}}, ["THE JUDGE", "not now"]),
    (pair("gateway", "flagger", judge={"enabled": True}), ["waits for the judge to promote or roll back", "deploy/blue-canary-demo-judge"]),
    (pair("nginx", "argo-rollouts", judge={"enabled": True}), ["a last one waits for the judge"]),
])
def test_the_notes_tell_what_the_judge_will_do(tmp_path, values, words):
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    done = run(tool("HELM"), "install", "blue", CHART, "-n", "shop", "--dry-run=client", "-f", file)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout, done.stdout.split("NOTES:")[1]


def test_without_the_judge_nothing_speaks_of_it(chart):
    for router, driver in (("gateway", "helm"), ("gateway", "flagger"), ("nginx", "argo-rollouts")):
        assert "judge" not in chart.render(pair(router, driver)).text
