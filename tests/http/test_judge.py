"""canaryctl judge beside running pods: what it decides, what stops it from deciding, what it keeps."""
import contextlib
import json
import os
import pty
import shutil
import subprocess

import pytest

from support.programs import CANARYCTL, SOURCE, App, canaryctl, fetch, wait_until
from support.prometheus import Prometheus

RECORDS = SOURCE / "tests" / "data" / "judge"
EXIT = {"promote": 0, "rollback": 1, "inconclusive": 3}


class Pods:
    """Stable and canary pods with traffic of their own: `canaryctl load` at each."""

    def __init__(self, stable=1, canary_faults=None, stable_faults=None):
        self.stack = contextlib.ExitStack()
        self.stable = [self.pod("v1", "white", "stable", stable_faults) for _ in range(stable)]
        self.canary = [self.pod("v2", "green", "canary", canary_faults)]
        for pod in self.stable + self.canary:
            pod.ready()

    def pod(self, version, color, track, faults=None, **settings):
        pod = self.stack.enter_context(App(version, color, track, CANARY_FAULTS="on", CANARY_THREADS=1, **settings))
        if faults:
            self.fault(pod, **faults)
        return pod

    @staticmethod
    def fault(pod, **faults):
        got = fetch(pod.admin + "/api/faults", method="PUT", body=json.dumps(faults).encode(), headers={"Content-Type": "application/json"})
        assert got.status == 200, got.text

    def load(self, pod, rate):
        process = subprocess.Popen([CANARYCTL, "load", pod.url + "/api/info", "--rate", str(rate), "--duration", "5m", "--connections", "8"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            process.kill()
            process.wait()
        self.stack.callback(end)

    def traffic(self, stable, canary):
        for pod in self.stable:
            self.load(pod, stable)
        for pod in self.canary:
            self.load(pod, canary)
        return self

    def scrape(self):
        def urls(pods):
            return ",".join(pod.admin + "/metrics" for pod in pods)
        return ["--scrape", f"stable={urls(self.stable)}", f"canary={urls(self.canary)}"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


QUICK = ["--warmup", "0s", "--interval", "250ms"]


def judge(*arguments, deadline="40s", quick=True):
    """The lines of a run to its end, as JSON; the last one is the verdict."""
    run = canaryctl("judge", *arguments, *(QUICK if quick else []), "--deadline", deadline, "--output", "json")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert lines, run.stderr
    assert run.returncode == EXIT[lines[-1]["decision"]] == lines[-1]["exit_code"], run.stderr
    return lines


def metric(verdict, name="errors"):
    return next(m for m in verdict["metrics"] if m["name"] == name)


# What it decides


def test_a_bad_canary_is_rolled_back_and_its_record_replays_bit_for_bit(tmp_path):
    record = tmp_path / "bad.record"
    with Pods(canary_faults={"error_rate": 0.2}).traffic(120, 30) as pods:
        lines = judge(*pods.scrape(), "--record", record)
    last = lines[-1]
    assert last["decision"] == "rollback" and last["cause"] == "evidence" and last["rollback_evidence"] >= 20
    assert metric(last)["canary"]["events"] > 0 and metric(last)["stable"]["events"] == 0
    assert "Rolled back: errors in" in last["reason"]
    grown = [line["rollback_evidence"] for line in lines]
    assert grown[0] == 1 and grown[-1] == max(grown)
    again = canaryctl("judge", "--replay", record, "--output", "json")
    assert again.returncode == 1 and json.loads(again.stdout) == last


def test_a_good_canary_is_promoted(tmp_path):
    """Of 4,000 canary requests without an error, enough for an objective of 99.9 %."""
    with Pods().traffic(500, 1000) as pods:
        last = judge(*pods.scrape(), "--slow-bound", "1.5s")[-1]
    assert last["decision"] == "promote", last
    assert metric(last)["canary"]["requests"] > 3500 and last["promotion_evidence"] >= 20
    assert last["reason"].startswith("Promoted: ")


def test_a_slow_canary_is_rolled_back():
    with Pods(canary_faults={"latency": "300ms"}).traffic(80, 20) as pods:
        last = judge(*pods.scrape())[-1]
    assert last["decision"] == "rollback" and "slower-than-250ms in" in last["reason"]
    assert metric(last)["canary"]["events"] == 0


def test_low_traffic_is_inconclusive_at_the_deadline():
    with Pods().traffic(8, 8) as pods:
        last = judge(*pods.scrape(), deadline="3s")[-1]
    assert last["decision"] == "inconclusive" and last["cause"] == "more_requests_needed"
    assert last["needed"]["towards"] == "promote" and last["needed"]["canary_requests"] > 1000
    assert "more canary requests" in last["reason"]


def test_a_bad_stable_is_not_held_against_the_canary():
    with Pods(canary_faults={"error_rate": 0.2}, stable_faults={"error_rate": 0.2}).traffic(80, 80) as pods:
        last = judge(*pods.scrape(), "--slow-bound", "1.5s", deadline="4s")[-1]
    assert last["decision"] != "rollback", last
    assert metric(last)["canary"]["events"] > 20 and metric(last)["stable"]["events"] > 20


# What happens to pods


def test_restarted_and_vanished_pods_and_missed_scrapes(tmp_path):
    """A canary pod is killed and its successor at the same address is another process: counted as a restart, never as
    negative requests; with the restarts allowed used up it is a crash loop."""
    with Pods(stable=2).traffic(60, 60) as pods:
        port, admin = pods.canary[0].port, pods.canary[0].admin_port
        with subprocess.Popen([CANARYCTL, "judge", *pods.scrape(), "--warmup", "0s", "--interval", "1s", "--restarts", "2",
                               "--deadline", "60s", "--output", "json"],
                              stdout=subprocess.PIPE, text=True) as process:
            lines = [json.loads(process.stdout.readline()) for _ in range(3)]

            def next_until(condition):
                while not condition(lines[-1]):
                    lines.append(json.loads(process.stdout.readline()))
            next_until(lambda line: line["closed"])
            pods.stable[1].process.kill()  # vanishes: nothing more of it is awaited after three rounds
            next_until(lambda line: line["pods"]["stable"] == 1)
            assert any("refused" in problem for problem in lines[-1]["problems"])
            batches = lines[-1]["batches"]
            next_until(lambda line: line["batches"] > batches)
            for _ in range(2):
                pods.canary[0].process.kill()
                pods.canary[0].wait()
                # Back before it counts as vanished: the scrapes in between are missed.
                pods.canary[0] = pods.pod("v2", "green", "canary", CANARY_HTTP_PORT=port, CANARY_ADMIN_PORT=admin).ready()
                rounds = lines[-1]["round"]
                next_until(lambda line: line.get("cause") == "crash_loop" or line["round"] > rounds + 1)
            last = [*lines, *map(json.loads, process.stdout)][-1]
            code = process.wait(30)
    for before, after in zip(lines, lines[1:]):
        assert metric(after)["canary"]["requests"] >= metric(before)["canary"]["requests"]
    assert code == 1 and last["cause"] == "crash_loop" and "restarted 2 times" in last["reason"]


def test_only_the_version_under_test_counts():
    with Pods(canary_faults={"error_rate": 0.5}).traffic(60, 60) as pods:
        last = judge(*pods.scrape(), "--canary-version", "v3", deadline="3s")[-1]
    assert last["decision"] == "inconclusive" and metric(last)["canary"]["requests"] == 0


def test_a_new_pod_does_not_count_while_it_warms_up():
    with Pods(canary_faults={"error_rate": 0.5}).traffic(60, 60) as pods:
        run = judge(*pods.scrape(), "--interval", "250ms", "--warmup", "10m", deadline="2s", quick=False)
    assert metric(run[-1])["canary"]["requests"] == 0 and run[-1]["decision"] == "inconclusive"


# What it keeps


def test_a_judge_killed_and_restarted_goes_on_with_its_record(tmp_path):
    state, record = tmp_path / "state", tmp_path / "rollout.record"
    files = ["--state", state, "--record", record, "--rollout", "shop v2"]
    with Pods().traffic(60, 30) as pods:
        with subprocess.Popen([CANARYCTL, "judge", *pods.scrape(), *QUICK, *files, "--deadline", "60s", "--output", "json"],
                              stdout=subprocess.PIPE, text=True) as process:
            while (line := json.loads(process.stdout.readline()))["batches"] < 4:
                pass
            process.kill()
        kept = metric(line)["canary"]["requests"]
        assert kept > 0
        refused = canaryctl("judge", *map(str, pods.scrape()), *QUICK, *files, "--alpha", "0.01")
        assert refused.returncode == 2 and "written under other options" in refused.stderr
        pods.fault(pods.canary[0], error_rate=0.5)
        lines = judge(*pods.scrape(), *files)
    assert metric(lines[0])["canary"]["requests"] >= kept  # from the first line on
    assert lines[-1]["decision"] == "rollback"
    again = canaryctl("judge", "--replay", record, "--output", "json")
    assert json.loads(again.stdout) == lines[-1]
    # Asked again it says what was decided, without looking.
    once_more = canaryctl("judge", "--scrape", "stable=127.0.0.1:1", "canary=127.0.0.1:1", *QUICK, *map(str, files), "--output", "json")
    assert once_more.returncode == 1 and json.loads(once_more.stdout)["reason"] == lines[-1]["reason"]


@pytest.mark.parametrize("record", sorted(RECORDS.glob("*.record")), ids=lambda path: path.stem)
def test_recorded_runs_give_the_same_verdict_bit_for_bit(record):
    decision = {line.split()[1] for line in record.read_text().splitlines() if line.startswith("verdict ")}
    assert len(decision) == 1
    run = canaryctl("judge", "--replay", record, "--output", "json")
    assert run.returncode == EXIT[decision.pop()], run.stdout + run.stderr


def test_there_are_five_recorded_runs():
    assert len(list(RECORDS.glob("*.record"))) == 5


def test_a_changed_record_is_noticed(tmp_path):
    text = next(path for path in RECORDS.glob("*.record") if "bad" in path.stem).read_text().splitlines()
    batches = [i for i, line in enumerate(text) if line.startswith("batch ")]
    del text[batches[-1]]
    changed = tmp_path / "changed.record"
    changed.write_text("\n".join(text) + "\n")
    run = canaryctl("judge", "--replay", changed)
    assert run.returncode == 2 and "holds another verdict" in run.stderr


# Prometheus


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")
def test_prometheus_as_the_source(tmp_path):
    with Pods(canary_faults={"error_rate": 0.3}).traffic(100, 40) as pods, contextlib.ExitStack() as stack:
        prometheus = Prometheus(tmp_path, [f"127.0.0.1:{pod.admin_port}" for pod in pods.stable + pods.canary])
        stack.callback(prometheus.close)
        wait_until(lambda: prometheus.query("count(count_over_time(up[1m]) >= 2)").get("") == 2, "both pods scraped")
        lines = judge("--prometheus", f"http://127.0.0.1:{prometheus.port}")
    last = lines[-1]
    assert last["decision"] == "rollback" and metric(last)["canary"]["events"] > 0
    assert metric(last)["stable"]["events"] == 0 and lines[-2]["pods"] == {"stable": 1, "canary": 1}


# What cannot work


def test_nobody_answering_is_exit_4():
    run = canaryctl("judge", "--scrape", "stable=127.0.0.1:1", "canary=127.0.0.1:1", *QUICK, "--deadline", "1s")
    assert run.returncode == 4 and "nobody answered" in run.stderr and "refused" in run.stderr


@pytest.mark.parametrize("arguments, said", [
    ([], "give --prometheus URL, --scrape"),
    (["--scrape", "stable=a"], "expected both stable=... and canary=..."),
    (["--scrape", "blue=a", "canary=b"], "'blue=a': expected stable=..., canary=... or gateway=..."),
    (["--scrape", "stable=https://a", "canary=b"], "'https://a': expected a host name"),
    (["--prometheus", "http://p", "--slow-bound", "250"], "'250': expected durations"),
    (["--prometheus", "http://p", "--stable", "track=stable"], "--stable: 'track=stable'"),
    (["--prometheus", "http://p", "--pair", "x"], "--pair: 'x': expected NAME=TOTAL/EVENTS"),
    (["--prometheus", "http://p", "--alpha", "0.6"], "--alpha"),
    (["--prometheus", "http://p", "--slo", "100"], "--slo"),
    (["--prometheus", "http://p", "--gateway", "envoy"], "--gateway"),
    (["--prometheus", "http://p", "--canary-config", "abc"], "--canary-config"),
    (["--replay", "/nowhere"], "--replay: cannot read '/nowhere'"),
    (["--prometheus", "http://p", "--state", "/nowhere/state"], "--state: cannot write '/nowhere/state'"),
    (["--prometheus", "http://p", "--record", "/nowhere/r"], "--record: cannot write '/nowhere/r'"),
])
def test_what_cannot_work_is_said(arguments, said):
    run = canaryctl("judge", *arguments)
    assert run.returncode == 2 and said in run.stderr, run.stderr


def test_on_a_terminal_the_evidence_is_drawn_over_and_over():
    with Pods(canary_faults={"error_rate": 0.3}).traffic(80, 40) as pods:
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.environ.pop("NO_COLOR", None)
            os.execv(CANARYCTL, [CANARYCTL, "judge", *pods.scrape(), *QUICK, "--deadline", "40s"])
        text = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while got := os.read(terminal, 65536):
                text += got
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
    shown = text.decode()
    assert code == 1 and shown.count("roll back [") > 2 and "\033[" in shown and "#" in shown and "batches in" in shown
    assert shown.rstrip().endswith("\033[?7h") and "rollback" in shown.splitlines()[-2] + shown.splitlines()[-1]
