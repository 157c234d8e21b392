"""The demo as a whole: the story told by real processes, its report, and what is left behind (nothing)."""
import copy
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time

import pytest
import yaml

from support.answers import contradictions
from support.programs import APP, BUILD, CANARYCTL, canaryctl, fetch, wait_until

# Half of the bad canary's answers fail, so that its step is short.
QUICK = ["--port", "0", "--rate", "200", "--error-rate", "0.5", "--app", APP, "--duration", "3s"]


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where a demo under test puts its pods' logs."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """One run to its end, without a terminal: its text, its JSON and the report it wrote."""
    file = tmp_path_factory.mktemp("demo") / "answers.yml"
    run = canaryctl("demo", *QUICK, "--seed", 7, "--report", file, "--output", "json")
    assert run.returncode == 0, run.stdout + run.stderr
    return run, yaml.safe_load(file.read_text()), file.read_text()


def processes():
    """pid -> (parent, command line) of all processes."""
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = re.search(r"PPid:\s+(\d+)", (folder / "status").read_text())
                found[int(folder.name)] = (int(parent[1]), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                pass
    return found


def children(pid):
    return {child: line for child, (parent, line) in processes().items() if parent == pid}


def gone(pods):
    """None of these pods is alive (a process id used anew by something else does not count)."""
    now = processes()
    return not any(pid in now and now[pid][1] == line for pid, line in pods.items())


class Running:
    """A demo under way, its text read line by line as it comes."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([CANARYCTL, "demo", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.text = ""

    def until(self, pattern):
        for line in self.process.stdout:
            self.text += line
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"'{pattern}' never came:\n{self.text}")

    def rest(self, seconds=60):
        text, _ = self.process.communicate(timeout=seconds)
        self.text += text
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


# The story


def test_every_step_is_told(told):
    text = told[0].stderr  # with --output json the text goes there
    for step in ("1  Traffic", "2  Metrics of all pods", "3  Upgrade", "4  Rollback", "5  A bad canary", "6  Error budget"):
        assert step in text
    for said in ("expected 80 %, white", "expected 20 %, green", "5 of 5 pods scraped", "yellow v3 answers, v2 no more",
                 "green v2 answers, v3 no more", "evidence [##", "powers of ten", "rolled back after", "0 requests failed that nobody asked to"):
        assert said in text, text
    assert "FAILED" not in text and "\033" not in text


def test_the_report_is_valid_and_does_not_contradict_itself(told):
    assert contradictions(told[1]) == []


def test_json_and_yaml_say_the_same(told):
    assert json.loads(told[0].stdout) == told[1]


def test_the_report_is_about_this_run(told):
    report = told[1]
    assert report["options"]["seed"] == 7 and report["options"]["rate"] == 200
    assert report["colors_seen"] == {"v1": ["white"], "v2": ["green"], "v3": ["yellow"]}
    assert report["failed_requests"]["not_injected"] == 0 and report["failed_requests"]["injected"] > 0
    assert report["bad_canary"]["verdict"] == "rollback" and report["bad_canary"]["failed_afterwards"] == 0
    rates = {query["query"]: query["result"] for query in report["queries"]}
    requests = rates["sum(rate(http_requests_total[5m])) by (version)"]
    assert 100 < sum(requests.values()) < 300 and requests["v1"] > requests["v2"] > 0
    for used in report["resources"].values():
        assert used["memory_bytes"] > 1e6 * used["pods"] and used["cpu_seconds"] >= 0
    # Drained, not killed: each pod served on for its drain delay of a second.
    assert all(pod["drain_seconds"] >= 1 for key in ("upgrade", "rollback") for pod in report[key]["pods"])


def test_the_client_and_the_proxy_counted_the_same_requests(told):
    report = told[1]
    assert sum(pod["requests"] for pod in report["failed_requests"]["by_pod"]) == report["error_budget"]["requests"]


CHANGES = {
    "share": lambda r: r["split"]["versions"]["v2"].update(share=r["split"]["versions"]["v2"]["share"] + 0.001),
    "observed": lambda r: r["split"]["versions"]["v2"].update(observed=r["split"]["versions"]["v2"]["observed"] + 1),
    "interval": lambda r: r["split"]["versions"]["v1"]["interval"].__setitem__(0, r["split"]["versions"]["v1"]["interval"][0] - 0.001),
    "asserted interval": lambda r: r["split"]["versions"]["v1"]["asserted_interval"].__setitem__(
        1, r["split"]["versions"]["v1"]["asserted_interval"][1] + 0.001),
    "passed": lambda r: r["split"].update(passed=False),
    "failed": lambda r: r["failed_requests"].update(total=r["failed_requests"]["total"] + 1),
    "injected": lambda r: r["failed_requests"].update(injected=r["failed_requests"]["injected"] - 1),
    "a reset": lambda r: r["failed_requests"]["by_outcome"].update(reset=1),
    "budget spent": lambda r: r["error_budget"].update(spent_share=r["error_budget"]["spent_share"] * 1.01),
    "budget left": lambda r: r["error_budget"].update(left=r["error_budget"]["left"] + 0.5),
    "budget requests": lambda r: r["error_budget"].update(requests=r["error_budget"]["requests"] + 1000),
    "evidence": lambda r: r["bad_canary"].update(rollback_evidence=r["bad_canary"]["rollback_evidence"] * 1.01),
    "evidence of a batch": lambda r: r["bad_canary"]["batches"][-1].__setitem__(4, r["bad_canary"]["batches"][-1][4] * 1.01),
    "errors of a batch": lambda r: r["bad_canary"]["batches"][0].__setitem__(3, r["bad_canary"]["batches"][0][3] + 1),
    "alpha": lambda r: r["bad_canary"].update(alpha=1e-3),
    "verdict on the canary": lambda r: r["bad_canary"].update(verdict="inconclusive"),
    "error rate": lambda r: r["bad_canary"]["versions"]["v2"].update(error_rate=0.01),
    "verdict": lambda r: r.update(verdict="fail"),
    "an unknown field": lambda r: r.update(extra=1),
    "a missing field": lambda r: r.pop("queries"),
    "observations": lambda r: r.update(observations=["All is well."]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_number_is_noticed(told, change):
    """The check of the report can fail."""
    report = copy.deepcopy(told[1])
    CHANGES[change](report)
    assert contradictions(report), f"nobody noticed a changed {change}"


def test_the_page_is_served_under_any_host_while_the_story_runs():
    with Running(*QUICK) as demo:
        url = demo.until(r"behind (http://\S+)")[1]
        demo.until("^1  Traffic")
        got = [fetch(url + "api/info", headers={"Host": "canary-demo.local", "X-Canary": where}).json()["color"]
               for where in ("always", "never")]
        assert got == ["green", "white"]
        page = fetch(url, headers={"Host": "canary-demo.local", "Accept": "text/html", "X-Canary": "always"})
        assert page.status == 200 and "v2" in page.text and "green" in page.text
        assert demo.rest() == 0, demo.text


def test_a_pod_killed_in_mid_run_fails_the_story(scratch):
    """The pod is stopped first, so that requests are surely waiting in it when it is killed."""
    with Running(*QUICK[:-1], "6s", "--output", "json") as demo:
        demo.until("^1  Traffic")
        victim = sorted(children(demo.process.pid))[0]
        os.kill(victim, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(victim, signal.SIGKILL)
        assert demo.rest() == 1, demo.text
        report = json.loads(demo.text[demo.text.index("\n{") + 1:demo.text.rindex("\n}") + 2])
        assert re.search(r"FAILED  pod v1-\d+ was killed by SIGKILL", demo.text)
        bad = [pod for pod in report["failed_requests"]["by_pod"] if pod["reset"] + pod["refused"] > 0]
        assert len(bad) == 1 and bad[0]["reset"] > 0 and re.search(rf"FAILED  pod {bad[0]['pod']}: ", demo.text)
        assert report["failed_requests"]["not_injected"] == bad[0]["reset"] + bad[0]["refused"]
        assert contradictions(report) == []
        logs = re.search(r"the pods' logs: (\S+)", demo.text)[1]
        assert pathlib.Path(logs).parent == scratch and len(list(pathlib.Path(logs).glob("*.log"))) >= 5


def test_an_error_of_the_canary_s_own_is_not_taken_for_an_injected_one():
    """Among the errors of the bad canary's step, where errors are asked for."""
    failing = BUILD / "tests" / "unit" / "canaryctl_demo" / "failing_app"
    run = canaryctl("demo", *[failing if one == APP else one for one in QUICK], "--output", "json")
    assert run.returncode == 1, run.stderr
    report = json.loads(run.stdout)
    failed = report["failed_requests"]
    assert failed["injected"] > 0 and failed["not_injected"] > 0
    assert set(failed["by_outcome"]) == {"refused", "reset", "timeout", "5xx", "status_500"}
    assert failed["by_outcome"]["5xx"] == failed["total"]
    assert re.search(rf"FAILED  {failed['not_injected']} requests failed that nobody asked to .* {failed['injected']} injected", run.stderr)
    assert contradictions(report) == []


# What is left behind


@pytest.mark.parametrize("when", ["Canary story", "1  Traffic", "2  Metrics", "3  Upgrade", "4  Rollback", "5  A bad canary"])
@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_an_interruption_in_any_step_leaves_no_process_and_no_file(when, signal_, scratch):
    with Running(*QUICK) as demo:
        demo.until(re.escape(when))
        if when == "3  Upgrade":
            wait_until(lambda: len(children(demo.process.pid)) == 6, "the new pod has started")
        pods = children(demo.process.pid)
        assert len(list(scratch.iterdir())) == 1
        demo.process.send_signal(signal_)
        assert demo.rest(20) == 3, demo.text
        assert "no verdict" in demo.text
        assert gone(pods)
        assert list(scratch.iterdir()) == []


def test_a_killed_demo_takes_its_pods_with_it():
    with Running(*QUICK) as demo:
        demo.until("^1  Traffic")
        pods = children(demo.process.pid)
        assert len(pods) == 5
        demo.process.kill()
        wait_until(lambda: gone(pods), "the pods are gone")


def test_on_a_terminal_it_stays_until_ctrl_c():
    """In a pseudo terminal: colours, progress, and the page is up after the story."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.environ.pop("NO_COLOR", None)
        os.execv(CANARYCTL, [CANARYCTL, "demo", *QUICK])
    text = b""

    def until(what, seconds=60):
        nonlocal text
        end = time.monotonic() + seconds
        while what not in text:
            assert time.monotonic() < end, text.decode(errors="replace")
            if select.select([terminal], [], [], 1)[0]:
                text += os.read(terminal, 65536)
    try:
        until(b"The page: http://127.0.0.1:")
        until(b"live: ")
        assert b"\033[1;32mok\033[0m" in text and b"\r\033[K" in text
        url = re.search(rb"The page: (http://\S+)", text)[1].decode()
        pods = children(pid)
        assert len(pods) == 5
        assert {fetch(url + "api/info", headers={"X-Canary": where}).status for where in ("always", "never")} == {200}
        os.write(terminal, b"\x03")  # Ctrl-C, as a person types it
        status = wait_until(lambda: (done := os.waitpid(pid, os.WNOHANG)) and done[0] and done, "its end")[1]
        assert os.waitstatus_to_exitcode(status) == 0 and gone(pods)
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)


# What cannot work


def test_a_taken_port_is_named():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = canaryctl("demo", "--port", port, "--app", APP)
    assert run.returncode == 2 and f"port {port} at 127.0.0.1 is taken" in run.stderr and "--port 0" in run.stderr


@pytest.mark.parametrize("arguments, code, said", [
    (["--app", "/nowhere/canary-app"], 2, "--app: '/nowhere/canary-app': expected the path"),
    (["--app", "/bin/false"], 4, "before it listened"),
    (["--weight", "0"], 2, "--weight"),
    (["--weight", "101"], 2, "--weight"),
    (["--rate", "0"], 2, "--rate"),
    (["--duration", "30"], 2, "--duration"),
    (["--pods", "none"], 2, "--pods"),
    (["--app", APP, "--report", "/nowhere/answers.yml"], 2, "--report: '/nowhere/answers.yml'"),
])
def test_what_cannot_work_is_said(arguments, code, said):
    run = canaryctl("demo", "--port", "0", *arguments)
    assert run.returncode == code and said in run.stderr, run.stderr
