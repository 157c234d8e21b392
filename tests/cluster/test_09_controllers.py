"""Flagger and Argo Rollouts, the real ones, move the weight by our metrics: a good canary is promoted, a bad one sent back."""

import concurrent.futures

import pytest

from conftest import GATEWAY, cluster_tool
from support import client, kube
from support.load import Load
from support.record import record
from support.wait import wait_for

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
    from conftest import uninstall
    assert monitoring
    for controller, crd in (("flagger", "canaries.flagger.app"), ("argo-rollouts", "rollouts.argoproj.io")):
        cluster_tool("add", controller)
        if not kube.has_kind(crd):
            pytest.skip(f"needs {controller} in this cluster")
    releases = {}
    for name, values in DRIVERS.items():
        release = new_release(name, traffic__hosts=[f"{name}.local"])
        release.base.update(QUICK)
        release.base.update(values)
        release.host, release.url, release.driver = f"{name}.local", gateway, values["traffic.driver"]
        release.wait = "--wait=legacy"
        releases[name] = release
    together(releases, lambda release: release.install())
    loads = {}
    try:
        together(releases, lambda release: wait_for(lambda: client.info(release.url, release.host)["version"] == "v1" and phase(release) in READY,
                                                    150, f"{release.host} to be initialised", every=1))
        loads = {name: Load(GATEWAY + "/api/info", 40, release.host, ["--max-failures", "1000000000"]) for name, release in releases.items()}
        # An analysis that begins before the first scrape finds no numbers and fails a good canary.
        together(releases, lambda release: wait_for(lambda: "stable" in tracks(release, monitoring), 150, f"scrapes of {release.namespace}", every=1))
        yield releases
    finally:
        for load in loads.values():
            load.stop()
        together(releases, uninstall)


READY = ("Initialized", "Succeeded", "Healthy")


def together(releases, action):
    """The same step for every driver at once: controllers mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(len(releases)) as pool:
        return dict(zip(releases, pool.map(action, releases.values())))


def phase(release):
    if release.driver == "flagger":
        return kube.get("canary.flagger.app", "canary-demo", release.namespace).get("status", {}).get("phase")
    return kube.get("rollout.argoproj.io", "canary-demo", release.namespace).get("status", {}).get("phase")


def tracks(release, monitoring):
    return set(monitoring.by("track", f'sum(rate(http_requests_total{{namespace="{release.namespace}"}}[1m]) > 0) by (track)'))


def change(release, values):
    release.upgrade(values, wait="--wait=hookOnly")


ENDS = ("Succeeded", "Healthy", "Failed", "Degraded")


def tried(release, monitoring, wanted):
    """Follows one analysis to its end; the phases seen, and the tracks that Prometheus told apart meanwhile."""
    seen, apart = [], set()

    def ended():
        now = phase(release)
        if not seen or seen[-1] != now:
            seen.append(now)
        apart.update(tracks(release, monitoring))
        return len(seen) > 1 and now in ENDS
    wait_for(ended, 300, f"the end of the analysis in {release.namespace}", every=1)
    assert seen[-1] in wanted, f"{release.namespace} went {seen}"
    return seen, apart


def test_a_good_canary_is_promoted(controlled, monitoring):
    def promote(release):
        change(release, {"image.tag": "v2", "config.stable.appColor": "green"})
        seen, apart = tried(release, monitoring, ("Succeeded", "Healthy"))
        wait_for(lambda: {client.info(release.url, release.host)["version"] for _ in range(20)} == {"v2"}, 60, "v2 to be what all users get")
        return seen, apart
    for name, (seen, apart) in together(controlled, promote).items():
        assert {"stable", "canary"} <= apart, (name, seen, apart)
        record(f"controller-{name}", good_phases=seen, tracks=sorted(apart))


def test_a_bad_canary_is_rolled_back(controlled, monitoring):
    def refuse(release):
        change(release, {"image.tag": "v3", "config.stable.appColor": "yellow", **BAD})
        seen, apart = tried(release, monitoring, ("Failed", "Degraded"))
        wait_for(lambda: {client.info(release.url, release.host)["version"] for _ in range(20)} == {"v2"}, 60, "v2 to be what all users get again")
        return seen, apart
    for name, (seen, apart) in together(controlled, refuse).items():
        assert {"stable", "canary"} <= apart, (name, seen, apart)
        record(f"controller-{name}", bad_phases=seen)
