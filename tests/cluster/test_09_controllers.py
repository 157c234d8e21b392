"""Flagger and Argo Rollouts, the real ones, move the weight by our metrics: a good canary is promoted, a bad one sent back."""

import pytest

from support.controllers import all_users_get, change, controlled_releases, followed, together, tracks
from support.record import record

DRIVERS = {
    "flagger-gateway": {"traffic.driver": "flagger", "traffic.router": "gateway"},
    "flagger-nginx": {"traffic.driver": "flagger", "traffic.router": "nginx"},
    "argo-nginx": {"traffic.driver": "argo-rollouts", "traffic.router": "nginx"},
}
QUICK = {
    "replicaCount": 2, "rollout.minReadySeconds": 0, "config.settings.drainDelay": "3s",
    "flagger.analysis": {"interval": "10s", "threshold": 6, "maxWeight": 50, "stepWeight": 25},
    "argoRollouts.interval": "10s",
    "argoRollouts.steps": [{"setWeight": 20}, {"pause": {"duration": "45s"}}, {"setWeight": 50}, {"pause": {"duration": "35s"}}],
}
BAD = {"config.stable.settings.faultErrorRate": 0.3}


@pytest.fixture(scope="module")
def controlled(new_release, gateway, monitoring):
    """One release a driver, each with users of its own."""
    drivers = {name: {**QUICK, **values} for name, values in DRIVERS.items()}
    with controlled_releases(new_release, gateway, monitoring, drivers, 40) as releases:
        yield releases


def tried(release, monitoring, wanted):
    """Follows one analysis to its end; the phases seen, and the tracks that Prometheus told apart meanwhile."""
    apart = set()
    seen = followed(release, lambda _: apart.update(tracks(release, monitoring)))
    assert seen[-1] in wanted, f"{release.namespace} went {seen}"
    return seen, apart


def test_a_good_canary_is_promoted(controlled, monitoring):
    def promote(release):
        change(release, {"image.tag": "v2", "config.stable.appColor": "green"})
        seen, apart = tried(release, monitoring, ("Succeeded", "Healthy"))
        all_users_get(release, "v2")
        return seen, apart
    for name, (seen, apart) in together(controlled, promote).items():
        assert {"stable", "canary"} <= apart, (name, seen, apart)
        record(f"controller-{name}", good_phases=seen, tracks=sorted(apart))


def test_a_bad_canary_is_rolled_back(controlled, monitoring):
    def refuse(release):
        change(release, {"image.tag": "v3", "config.stable.appColor": "yellow", **BAD})
        seen, apart = tried(release, monitoring, ("Failed", "Degraded"))
        all_users_get(release, "v2")
        return seen, apart
    for name, (seen, apart) in together(controlled, refuse).items():
        assert {"stable", "canary"} <= apart, (name, seen, apart)
        record(f"controller-{name}", bad_phases=seen)
