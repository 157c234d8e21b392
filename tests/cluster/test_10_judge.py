"""The judge decides a release by itself: as a Job that fails a bad upgrade, and as the webhook that Flagger asks."""

import re

import pytest

from conftest import GATEWAY, cluster_tool
from support import client, kube
from support.load import Load
from support.record import record
from support.wait import wait_for

# Pods are scraped every second; a new one counts after five.
JUDGED = {
    "replicaCount": 2, "rollout.minReadySeconds": 0, "config.settings.drainDelay": "3s", "monitoring.enabled": False,
    "judge.enabled": True, "judge.source": "scrape", "judge.interval": "1s", "judge.warmup": "5s", "judge.deadline": "4m",
}
TIMEOUT = "380s"  # what the notes ask for
ERRORS = {"config.canary.settings.faultErrorRate": 0.05}
SLOWER = {"config.canary.settings.faultLatency": "300ms"}


@pytest.fixture(scope="module")
def judged(new_release, gateway):
    """v1 beside a v2 that has no fault; every test tries a v3 and is back at v2 or cleans up."""
    from conftest import served, uninstall
    release = new_release("judged", traffic__hosts=["judged.local"])
    release.base.update(JUDGED)
    yield served(release, gateway, "judged.local", "gateway")
    uninstall(release)


class Users:
    """Requests at a rate while an upgrade runs."""

    def __init__(self, release, rate):
        self.load = Load(GATEWAY + "/api/info", rate, release.host, ["--max-failures", "1000000000", "--connections", "32"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.counts = self.load.stop()


def verdict(output):
    """The judge's last word in what helm printed; its log lines carry the hook's output with escaped ends of line."""
    found = re.findall(r"^\W*(promote|rollback|inconclusive)\W*$", output.replace("\\n", "\n"), re.M)
    assert found, f"helm shows no verdict:\n{output}"
    return found[-1]


def decided(name, release, output, counts, **more):
    """Records the reason in helm's output, and what the users met until the upgrade, and the way back, had ended."""
    reason = re.search(r"^((?:Rolled back|Promoted|Inconclusive): .*\.)$", output.replace("\\n", "\n"), re.M)
    assert reason, output
    failed = sum(count for status, count in counts["statuses"].items() if int(status) >= 500) + sum(counts["outcomes"].values())
    record(f"judge-{name}", reason=reason[1], seconds=release.seconds["upgrade"], requests=counts["sent"], failed=failed, **more)


def tried(release, rate, values, **more):
    """Helm's output and exit code of an upgrade to a v3 with these values, under that many requests a second."""
    values = {"canary.image.tag": "v3", "config.canary.appColor": "yellow", "canary.weight": 20, **values, **more}
    with Users(release, rate) as users:
        done = release.upgrade(values, "--rollback-on-failure", timeout=TIMEOUT, check=False)
    return done, done.stdout + done.stderr, users.counts


def back_at_v2(release):
    assert release.status() == "deployed"
    wait_for(lambda: client.info(release.url, release.host, X_Canary="always")["version"] == "v2", 60, "v2 to be the canary again")
    description = release.history()[-1]["description"].lower()
    assert "rollback" in description, description


@pytest.mark.parametrize("rate", [10, 300])
def test_a_canary_with_5_percent_errors_is_rolled_back_by_helm_alone(judged, rate):
    done, output, counts = tried(judged, rate, ERRORS)
    assert done.returncode != 0 and verdict(output) == "rollback", output
    back_at_v2(judged)
    decided(f"job-errors-{rate}", judged, output, counts, rate=rate)


def test_a_canary_300_ms_slower_is_rolled_back(judged):
    done, output, counts = tried(judged, 100, SLOWER)
    assert done.returncode != 0 and verdict(output) == "rollback" and "slow" in output, output
    back_at_v2(judged)
    decided("job-slow", judged, output, counts, rate=100)


def test_too_little_traffic_is_inconclusive_and_keeps_the_canary(judged):
    done, output, _ = tried(judged, 1, {}, **{"judge.deadline": "15s"})
    assert done.returncode == 0 and verdict(output) == "inconclusive", output
    assert client.info(judged.url, judged.host, X_Canary="always")["version"] == "v3"


def test_too_little_traffic_goes_back_where_that_is_asked_for(judged):
    judged.upgrade({"canary.image.tag": "v2", "judge.enabled": False})
    done, output, _ = tried(judged, 1, {}, **{"judge.enabled": True, "judge.deadline": "15s", "judge.onInconclusive": "rollback"})
    assert done.returncode != 0 and verdict(output) == "inconclusive", output
    back_at_v2(judged)


def test_a_good_canary_is_promoted(judged):
    done, output, counts = tried(judged, 400, {}, **{"judge.enabled": True, "judge.deadline": "4m", "judge.onInconclusive": "rollback"})
    assert done.returncode == 0 and verdict(output) == "promote", output
    assert client.info(judged.url, judged.host, X_Canary="always")["version"] == "v3"
    decided("job-good", judged, output, counts, rate=400)


@pytest.fixture(scope="module")
def asked(new_release, gateway, monitoring):
    """A release that Flagger drives and only the judge decides: Flagger's own thresholds are out of reach."""
    from conftest import uninstall
    cluster_tool("add", "flagger")
    if not kube.has_kind("canaries.flagger.app"):
        pytest.skip("needs Flagger in this cluster")
    release = new_release("asked", traffic__hosts=["asked.local"])
    release.base.update({
        "replicaCount": 2, "rollout.minReadySeconds": 0, "config.settings.drainDelay": "3s", "traffic.driver": "flagger",
        "flagger.maxErrorPercent": 100, "flagger.maxLatencySeconds": 60, "monitoring.interval": "2s", "monitoring.scrapeTimeout": "1s",
        "flagger.analysis": {"interval": "10s", "threshold": 3, "maxWeight": 40, "stepWeight": 40},
        "judge.enabled": True, "judge.interval": "2s", "judge.warmup": "5s", "judge.slo": 99,
    })
    release.host, release.url = "asked.local", gateway
    release.install()
    try:
        wait_for(lambda: phase(release) in ("Initialized", "Succeeded") and client.info(release.url, release.host)["version"] == "v1",
                 150, "the release to be initialised", every=1)
        yield release
    finally:
        uninstall(release)


def phase(release):
    return kube.get("canary.flagger.app", "canary-demo", release.namespace).get("status", {}).get("phase")


def known(release):
    """What the webhook knows, through the API server's proxy."""
    path = f"/api/v1/namespaces/{release.namespace}/services/canary-demo-judge:http/proxy/rollouts"
    return kube.api().raw(path)["rollouts"]


def followed(release, values):
    """Changes the release under load and follows Flagger to the end; the phases it went through and the verdicts meanwhile."""
    seen, verdicts = [], []
    with Users(release, 200):
        release.upgrade(values, wait="--wait=hookOnly")

        def ended():
            now = phase(release)
            if not seen or seen[-1] != now:
                seen.append(now)
            verdicts.extend(one for one in known(release) if one["metrics"])
            return len(seen) > 1 and now in ("Succeeded", "Failed")
        wait_for(ended, 280, f"Flagger to end, seen {seen}", every=1)
    return seen, verdicts


def test_flagger_promotes_a_good_canary_when_the_judge_does(asked):
    seen, verdicts = followed(asked, {"image.tag": "v2", "config.stable.appColor": "green"})
    assert seen[-1] == "Succeeded", (seen, verdicts[-1:])
    assert any(one["successful"] and one["version"] == "v2" for one in verdicts), verdicts[-1:]
    wait_for(lambda: client.info(asked.url, asked.host)["version"] == "v2", 60, "v2 to be what users get")
    record("judge-flagger-good", phases=seen, reason=verdicts[-1]["reason"])


def test_flagger_rolls_a_bad_canary_back_when_the_judge_does(asked):
    seen, verdicts = followed(asked, {"image.tag": "v3", "config.stable.appColor": "yellow", "config.stable.settings.faultErrorRate": 0.2})
    assert seen[-1] == "Failed", (seen, verdicts[-1:])
    assert any(one["failed"] and one["version"] == "v3" for one in verdicts), verdicts[-1:]
    wait_for(lambda: client.info(asked.url, asked.host)["version"] == "v2", 60, "v2 to be what users get still")
    record("judge-flagger-bad", phases=seen, reason=verdicts[-1]["reason"])
