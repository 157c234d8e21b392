"""The judge's webhook decides what Flagger and Argo Rollouts, the real ones, do: their own thresholds are out of reach."""

import pytest

from support import kube
from support.controllers import all_users_get, change, controlled_releases, followed, together
from support.record import record

COMMON = {
    "replicaCount": 2, "rollout.minReadySeconds": 0, "config.settings.drainDelay": "3s", "monitoring.interval": "2s", "monitoring.scrapeTimeout": "1s",
    "judge.enabled": True, "judge.interval": "2s", "judge.warmup": "5s", "judge.slo": 99,
}
DRIVERS = {
    "asked-flagger": {**COMMON, "traffic.driver": "flagger", "flagger.maxErrorPercent": 100, "flagger.maxLatencySeconds": 60,
                      "flagger.analysis": {"interval": "10s", "threshold": 3, "maxWeight": 40, "stepWeight": 40}},
    # The last step, which waits for a promotion, is the chart's.
    "asked-argo": {**COMMON, "traffic.driver": "argo-rollouts", "traffic.router": "nginx", "argoRollouts.maxErrorPercent": 100,
                   "argoRollouts.interval": "5s", "argoRollouts.steps": [{"setWeight": 40}]},
}
GOOD = {"image.tag": "v2", "config.stable.appColor": "green"}
BAD = {"image.tag": "v3", "config.stable.appColor": "yellow", "config.stable.settings.faultErrorRate": 0.2}


@pytest.fixture(scope="module")
def asked(new_release, gateway, monitoring):
    with controlled_releases(new_release, gateway, monitoring, DRIVERS, 150) as releases:
        yield releases


def known(release):
    """What the webhook knows, through the API server's proxy."""
    path = f"/api/v1/namespaces/{release.namespace}/services/canary-demo-judge:http/proxy/rollouts"
    return kube.api().raw(path)["rollouts"]


# In this order: the bad one is sent back to the good one.
@pytest.mark.parametrize("name, values, version, verdict, ends", [
    ("good", GOOD, "v2", "successful", {"asked-flagger": "Succeeded", "asked-argo": "Healthy"}),
    ("bad", BAD, "v3", "failed", {"asked-flagger": "Failed", "asked-argo": "Degraded"}),
], ids=["good-promoted", "bad-sent-back"])
def test_controllers_do_what_the_judge_says(asked, name, values, version, verdict, ends):
    def followed_to_the_end(release):
        change(release, values)
        known_meanwhile = []
        phases = followed(release, lambda _: known_meanwhile.extend(one for one in known(release) if one["metrics"]))
        all_users_get(release, "v2")
        return phases, known_meanwhile
    for driver, (phases, rollouts) in together(asked, followed_to_the_end).items():
        assert phases[-1] == ends[driver], (driver, phases, rollouts[-1:])
        decided = [one for one in rollouts if one[verdict] and one["version"] == version]
        assert decided, (driver, rollouts[-1:])
        record(f"judge-{driver}-{name}", phases=phases, reason=decided[-1]["reason"])
