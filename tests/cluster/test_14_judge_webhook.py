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
ENDED_WELL = {"asked-flagger": "Succeeded", "asked-argo": "Healthy"}
ENDED_BADLY = {"asked-flagger": "Failed", "asked-argo": "Degraded"}


@pytest.fixture(scope="module")
def asked(new_release, gateway, monitoring):
    with controlled_releases(new_release, gateway, monitoring, DRIVERS, 150) as releases:
        yield releases


def known(release):
    """What the webhook knows, through the API server's proxy."""
    path = f"/api/v1/namespaces/{release.namespace}/services/canary-demo-judge:http/proxy/rollouts"
    return kube.api().raw(path)["rollouts"]


def judged(release, values):
    """Changes the release and follows its controller to the end; the phases it went through and the verdicts meanwhile."""
    change(release, values)
    verdicts = []
    seen = followed(release, lambda _: verdicts.extend(one for one in known(release) if one["metrics"]))
    return seen, verdicts


def test_a_good_canary_is_promoted_when_the_judge_does(asked):
    def promote(release):
        outcome = judged(release, {"image.tag": "v2", "config.stable.appColor": "green"})
        all_users_get(release, "v2")
        return outcome
    for name, (seen, verdicts) in together(asked, promote).items():
        assert seen[-1] == ENDED_WELL[name], (name, seen, verdicts[-1:])
        promoted = [one for one in verdicts if one["successful"] and one["version"] == "v2"]
        assert promoted, (name, verdicts[-1:])
        record(f"judge-{name}-good", phases=seen, reason=promoted[-1]["reason"])


def test_a_bad_canary_is_sent_back_when_the_judge_says_so(asked):
    def refuse(release):
        outcome = judged(release, {"image.tag": "v3", "config.stable.appColor": "yellow", "config.stable.settings.faultErrorRate": 0.2})
        all_users_get(release, "v2")
        return outcome
    for name, (seen, verdicts) in together(asked, refuse).items():
        assert seen[-1] == ENDED_BADLY[name], (name, seen, verdicts[-1:])
        refused = [one for one in verdicts if one["failed"] and one["version"] == "v3"]
        assert refused, (name, verdicts[-1:])
        record(f"judge-{name}-bad", phases=seen, reason=refused[-1]["reason"])
