"""`canaryctl judge` beside a running release: how soon it decides, and what must not lead it astray."""

import json
import pathlib
import statistics
import subprocess
import time

import pytest
import yaml

from support import client, kube
from support.faults import set_faults
from support.load import CANARYCTL, Users
from support.process import run
from support.record import record
from support.wait import wait_for

NAMESPACE = "live"
SCRAPES = ["--scrape", *(f"{track}=canary-demo{name}-metrics.{NAMESPACE}.svc.cluster.local" for track, name in (("stable", ""), ("canary", "-canary")))]
COMMON = ["--warmup", "3s", "--output", "json"]  # scrapes every second are the default


@pytest.fixture(scope="module")
def live(new_release, gateway, monitored, own_node):
    """A release whose faults can be switched at the admin ports, which are reached from here."""
    from conftest import served, uninstall
    assert own_node
    release = new_release(NAMESPACE, traffic__hosts=["live.local"], replicaCount=2, config__settings__faults=True,
                          config__settings__drainDelay="3s")
    yield served(release, gateway, "live.local", "gateway")
    uninstall(release)


class Judge:
    """One `canaryctl judge` in the background."""

    def __init__(self, *arguments, deadline="120s"):
        self.process = subprocess.Popen([CANARYCTL, "judge", *COMMON, "--deadline", deadline, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self, timeout=150):
        """The verdict, with the seconds it was waited for by others."""
        output, _ = self.process.communicate(timeout=timeout)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        assert lines and "decision" in lines[-1], output
        return lines[-1], output


def judged(*arguments):
    return Judge(*arguments).end()[0]


def metric(verdict, name):
    return next(m for m in verdict["metrics"] if m["name"] == name)


class Faults:
    """Faults in the pods of a track while the block runs."""

    def __init__(self, release, track, **faults):
        self.pods = [pod["status"]["podIP"] for pod in kube.ready_pods(release.namespace, track)]
        self.faults = faults

    def __enter__(self):
        for address in self.pods:
            set_faults(address, self.faults)

    def __exit__(self, *_):
        for address in self.pods:
            set_faults(address, None)


# (requests/s, runs, options, bound on the median). The bounds leave room for chance: the medians themselves are recorded, and
# docs/JUDGE.md has those of thousands of simulated runs. A scrape of one second brings 60 canary requests at 300/s, so only
# 60, 120, ... are possible there.
SPEED = {
    "10": (10, 7, [], 150),
    "300": (300, 7, [], 360),
    "300-independent": (300, 21, ["--assume", "independent", "--slow-bound", "none"], 120),
    "300-quarter-second": (300, 11, ["--interval", "250ms", "--slow-bound", "none"], 150),
    "300-tenth-second": (300, 11, ["--interval", "100ms"], 150),
}


@pytest.mark.parametrize("name", SPEED)
def test_5_percent_errors_are_found_within_so_many_canary_requests(live, name):
    """The canary's requests between the judge's start and its verdict."""
    rate, runs, options, most = SPEED[name]
    needed = []
    with Faults(live, "canary", error_rate=0.05), Users(live, rate):
        time.sleep(1)  # until the rate is what it should be
        for _ in range(runs):
            verdict = judged(*SCRAPES, *options)
            assert verdict["decision"] == "rollback", verdict
            needed.append(metric(verdict, "errors")["canary"]["requests"])
    record(f"judge-evidence-{name}", canary_requests=needed, options=" ".join(options) or "the defaults", rate=rate)
    assert statistics.median(needed) <= most, needed


def test_a_good_canary_is_promoted_within_so_many_requests(live):
    with Users(live, 300):
        verdict = judged(*SCRAPES)
    assert verdict["decision"] == "promote", verdict
    record("judge-promotion", rate=300, reason=verdict["reason"])


def test_a_bad_stable_is_not_held_against_the_canary(live):
    with Faults(live, "stable", error_rate=0.05), Users(live, 300):
        verdict = judged(*SCRAPES)
    assert verdict["decision"] == "promote", verdict
    assert metric(verdict, "errors")["stable"]["events"] > 0
    record("judge-bad-stable", reason=verdict["reason"])


class BrokenConnections:
    """The node answers one in twenty packets to the canary's port with a reset while the block runs: only the gateway sees that."""

    def __init__(self, release):
        address = kube.ready_pods(release.namespace, "canary")[0]["status"]["podIP"]
        self.rule = ["OUTPUT", "-d", address, "-p", "tcp", "--dport", "8080", "-m", "statistic", "--mode", "random", "--probability", "0.05",
                     "-j", "REJECT", "--reject-with", "tcp-reset"]

    def __enter__(self):
        run("iptables", "-I", *self.rule)

    def __exit__(self, *_):
        run("iptables", "-D", *self.rule)


def test_what_only_the_gateway_sees_rolls_back_too(live):
    gateway = ["--scrape", *SCRAPES[1:], "gateway=10.90.0.1:8099/metrics", "--gateway", "traefik", "--namespace", NAMESPACE]
    with Users(live, 300) as users, BrokenConnections(live):
        verdict = judged(*gateway)
    assert verdict["decision"] == "rollback", verdict
    seen = metric(verdict, "gateway-errors")
    assert seen["canary"]["events"] > 0 and seen["stable"]["events"] == 0, verdict
    assert metric(verdict, "errors")["canary"]["events"] == 0, verdict
    assert users.counts["statuses"].get("502", 0) >= seen["canary"]["events"] - 1, users.counts
    record("judge-gateway", reason=verdict["reason"])


@pytest.fixture(scope="module")
def own_prometheus(live, monitoring):
    """A Prometheus of its own, so that it can be restarted while others go on."""
    assert monitoring
    text = pathlib.Path(__file__).with_name("manifests").joinpath("monitoring.yaml").read_text()
    kept = []
    for document in yaml.safe_load_all(text):
        if document["kind"] == "ScrapeConfig":
            continue
        document["metadata"]["name"] = document["metadata"]["name"].replace("monitoring", "restarted").replace("prometheus", "restarted")
        if "namespace" in document["metadata"]:
            document["metadata"]["namespace"] = "restarted"
        if document["kind"] == "ClusterRoleBinding":
            document["roleRef"]["name"] = "restarted"
            document["subjects"][0].update(name="restarted", namespace="restarted")
        if document["kind"] == "Prometheus":
            del document["spec"]["scrapeConfigSelector"]
            only = {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
            document["spec"].update(serviceAccountName="restarted", scrapeInterval="1s", serviceMonitorNamespaceSelector=only,
                                    podMonitorNamespaceSelector=only, ruleNamespaceSelector=only)
        kept.append(document)
    manifest = yaml.safe_dump_all(kept)
    kube.apply(manifest)
    url = "http://prometheus-operated.restarted.svc.cluster.local:9090"

    def query(expression):
        answer = client.request(url, url.split("/")[2], f"/api/v1/query?query={expression}").json()
        return answer["data"]["result"]
    wait_for(lambda: len(query("process_start_time_seconds")) == 3, 120, "the second Prometheus to scrape the three pods", every=1)
    yield url, query
    kube.kubectl("delete", "-f", "-", "--ignore-not-found", "--wait=false", input=manifest)


def test_prometheus_restarted_in_between(live, own_prometheus, tmp_path):
    """Its data is gone with the pod; the judge waits, says so, and goes on with the evidence it has."""
    url, query = own_prometheus
    state = tmp_path / "state"
    with Users(live, 100):
        # 100 requests/s of a good canary for a while, then the restart, then it turns bad.
        judge = Judge("--prometheus", url, "--select", f'namespace="{NAMESPACE}"', "--state", str(state), "--beta", "0.000001",
                      "--without-metrics", "100s", deadline="140s")
        wait_for(lambda: state.exists() and state.stat().st_size > 0, 40, "the first evidence")
        time.sleep(5)
        kube.kubectl("delete", "pod", "prometheus-restarted-0", "-n", "restarted", "--wait=true", "--grace-period=1", "--timeout=60s")
        wait_for(lambda: len(query("process_start_time_seconds")) == 3, 90, "the restarted Prometheus to scrape the three pods", every=1)
        assert judge.process.poll() is None, judge.end()
        with Faults(live, "canary", error_rate=0.1):
            verdict, output = judge.end(timeout=160)
    assert verdict["decision"] == "rollback", output
    problems = {problem for line in output.splitlines() if line.startswith("{") for problem in json.loads(line).get("problems", [])}
    assert problems, "the judge never said that Prometheus did not answer"
    record("judge-prometheus-restarted", reason=verdict["reason"])
