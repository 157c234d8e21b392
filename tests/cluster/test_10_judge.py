"""The judge decides a release by itself, as a Job that fails a bad upgrade."""

import re

import pytest

from support import client
from support.load import Users
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
