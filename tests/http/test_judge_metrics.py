"""canaryctl judge --metrics-port: what a judge tells of itself while it judges."""
import contextlib
import json
import shutil
import signal
import socket
import subprocess

import pytest

from support.programs import CANARYCTL, canaryctl, fetch, samples, wait_until
from test_judge import QUICK, Pods, metric

NOBODY = ["--scrape", "stable=127.0.0.1:1", "canary=127.0.0.1:1"]


@contextlib.contextmanager
def judging(*arguments):
    """A judge with metrics on a port of the kernel's choice; the JSON lines of its rounds, and where its metrics are."""
    with subprocess.Popen([CANARYCTL, "judge", *map(str, arguments), "--metrics-port", "0", "--output", "json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline()
            assert said.startswith("canaryctl judge: metrics at http://127.0.0.1:"), said
            yield process, said.split()[-1]
        finally:
            process.kill()


def value(text, name, **labels):
    found = [number for got, number in samples(text, "canaryctl_judge_" + name) if got == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def set_one(text, name):
    """The label value of a state gauge that stands at 1; all others stand at 0."""
    states = {next(iter(labels.values())): number for labels, number in samples(text, "canaryctl_judge_" + name)}
    assert sorted(states.values()) == [0] * (len(states) - 1) + [1], states
    return next(state for state, number in states.items() if number == 1)


def test_it_tells_of_itself_what_its_lines_tell():
    with Pods(stable=2, canary_faults={"error_rate": 0.02}).traffic(40, 20) as pods, \
            judging(*pods.scrape(), *QUICK, "--alpha", "0.0000001", "--deadline", "5m") as (process, url):
        assert set_one(fetch(url).text, "verdict") == "inconclusive"  # from the beginning on
        while True:  # until a line and the metrics are surely of the same round
            line = json.loads(process.stdout.readline())
            got = fetch(url)
            errors = metric(line)
            if errors["canary"]["events"] > 1 and value(got.text, "rounds_total") == line["round"]:
                break
    assert line["metrics_url"] == url
    assert got.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = got.text
    assert set_one(text, "verdict") == line["decision"] == "inconclusive"
    assert set_one(text, "cause") == line["cause"]
    for about in line["metrics"]:
        for track in ("stable", "canary"):
            assert value(text, "requests_total", metric=about["name"], track=track) == about[track]["requests"]
            assert value(text, "events_total", metric=about["name"], track=track) == about[track]["events"]
        assert value(text, "evidence", metric=about["name"], verdict="rollback") == pytest.approx(about["against"])
        assert value(text, "evidence", metric=about["name"], verdict="promote") == pytest.approx(about["in_favour"])
    assert errors["canary"]["requests"] > 0 and errors["stable"]["requests"] > errors["canary"]["requests"]
    assert value(text, "combined_evidence", verdict="rollback") == pytest.approx(line["rollback_evidence"])
    assert value(text, "combined_evidence", verdict="promote") == pytest.approx(line["promotion_evidence"])
    assert value(text, "evidence_threshold", verdict="rollback") == pytest.approx(1e7)
    assert value(text, "evidence_threshold", verdict="promote") == 20
    assert value(text, "batches_total") == line["batches"] > 0
    assert value(text, "pods", track="stable") == 2 and value(text, "pods", track="canary") == 1
    assert 0 <= value(text, "batch_age_seconds") < 30
    assert value(text, "problems_total") == 0 and value(text, "pod_restarts_total", track="canary") == 0
    needed = line["needed"]
    if needed["towards"] != "inconclusive":
        assert value(text, "expected_requests", verdict=needed["towards"]) == pytest.approx(needed["canary_requests"])
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert checked.returncode == 0 and checked.stdout + checked.stderr == ""


def test_failed_scrapes_and_lost_pods_are_counted():
    with Pods(stable=2).traffic(40, 20) as pods, judging(*pods.scrape(), *QUICK, "--deadline", "5m") as (_, url):
        wait_until(lambda: value(fetch(url).text, "batches_total") > 0, "a batch")
        pods.stable[1].process.kill()
        wait_until(lambda: value(fetch(url).text, "pods_vanished_total") == 1, "the pod given up")
        text = fetch(url).text
        assert value(text, "problems_total") >= 3 and value(text, "pods", track="stable") == 1
        # No batch closes without a canary, and the age of the last one says so.
        pods.canary[0].process.kill()
        wait_until(lambda: value(fetch(url).text, "pods", track="canary") == 0, "no canary left")
        age = value(fetch(url).text, "batch_age_seconds")
        wait_until(lambda: value(fetch(url).text, "batch_age_seconds") > age + 1, "a growing age")


def test_a_judge_that_goes_on_tells_what_it_knew_before(tmp_path):
    files = ["--state", tmp_path / "state", "--rollout", "shop v2"]
    with Pods().traffic(40, 20) as pods:
        with judging(*pods.scrape(), *QUICK, *files, "--deadline", "5m") as (process, url):
            while (line := json.loads(process.stdout.readline()))["batches"] < 3:
                pass
            process.send_signal(signal.SIGTERM)
            last = json.loads(process.stdout.read().splitlines()[-1])
            assert process.wait(30) == 3
    with judging(*NOBODY, *QUICK, *files, "--deadline", "5m") as (_, url):
        text = fetch(url).text
        assert value(text, "batches_total") >= 3
        assert value(text, "requests_total", metric="errors", track="canary") == metric(last)["canary"]["requests"] > 0


def test_without_the_option_nothing_listens_and_nothing_is_said():
    run = canaryctl("judge", *NOBODY, *QUICK, "--deadline", "500ms", "--output", "json")
    assert "metrics at" not in run.stderr and "metrics_url" not in json.loads(run.stdout.splitlines()[0])


def test_a_taken_port_is_said_before_anything_is_judged(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = canaryctl("judge", *NOBODY, "--metrics-port", port, "--state", tmp_path / "state")
    assert run.returncode == 2 and run.stdout == "" and not (tmp_path / "state").exists()
    assert run.stderr == f"canaryctl: judge: --metrics-port: metrics listener at 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("arguments, said", [
    (["--metrics-port", "65536"], "--metrics-port"),
    (["--metrics-port", "http"], "--metrics-port"),
    (["--metrics-address", "0.0.0.0"], "--metrics-address requires --metrics-port"),
    (["--metrics-port", "0", "--metrics-address", "localhost"], "metrics listener at localhost port 0: not an IP address"),
])
def test_what_cannot_work_is_said(arguments, said):
    run = canaryctl("judge", *NOBODY, *arguments)
    assert run.returncode == 2 and said in run.stderr, run.stderr
