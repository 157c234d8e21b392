"""Upgrade, rollback and promotion under unbroken load of at least 500 requests/s: not one request fails."""

import time

import pytest

from support import client, kube
from support.load import unbroken_load
from support.losses import explain, summary
from support.record import record
from support.wait import wait_for


@pytest.fixture(scope="class")
def loaded(router, request):
    """The release with the load running from here to the end of the class."""
    release = request.getfixturevalue("demo" if router == "gateway" else "demo_nginx")
    with unbroken_load(release.url, release.host) as load:
        release.load = load
        release.phases = {}
        yield release


def colours(release, count=40):
    return {client.info(release.url, release.host)["color"] for _ in range(count)}


def to_canary(release):
    return client.info(release.url, release.host, X_Canary="always")


class TestUnderLoad:
    def test_new_canary_is_tried_at_weight_0_and_then_gets_its_share(self, loaded):
        begin = time.monotonic()
        loaded.upgrade({"canary.image.tag": "v3", "config.canary.appColor": "yellow", "canary.weight": 0})
        assert to_canary(loaded)["version"] == "v3"
        wait_for(lambda: colours(loaded, 20) == {"white"}, 30, "everybody to be on stable while the weight is 0")
        loaded.upgrade({"canary.weight": 20}, what="weight")
        wait_for(lambda: colours(loaded) == {"white", "yellow"}, 30, "yellow to appear")
        loaded.phases["upgrade"] = round(time.monotonic() - begin, 3)

    def test_helm_test_passes(self, loaded):
        result = loaded.test()
        assert "Succeeded" in result.stdout, result.stdout

    def test_rollback_brings_back_green_and_its_configuration(self, loaded):
        before = to_canary(loaded)
        begin = time.monotonic()
        first = [r for r in loaded.history() if r["revision"] == loaded.v2_revision][0]
        loaded.rollback(first["revision"])
        wait_for(lambda: colours(loaded) == {"white", "green"}, 60, "green to be back")
        loaded.phases["rollback"] = round(time.monotonic() - begin, 3)
        after = to_canary(loaded)
        assert (after["version"], after["color"]) == ("v2", "green")
        assert after["config"] != before["config"] and after["config"] == loaded.v2_config

    def test_a_stopping_pod_serves_until_it_is_drained(self, loaded, router):
        """The pod is asked to stop; it goes on until every gateway knows, and well before it would be killed."""
        pod = kube.ready_pods(loaded.namespace, "stable")[0]
        begin = time.monotonic()
        kube.kubectl("delete", "pod", pod["metadata"]["name"], "-n", loaded.namespace, "--wait=true", "--timeout=60s")
        seconds = round(time.monotonic() - begin, 3)
        record(f"drain-{router}", seconds=seconds, grace_seconds=pod["spec"]["terminationGracePeriodSeconds"])
        assert 5 <= seconds < pod["spec"]["terminationGracePeriodSeconds"]
        kube.wait_for_pods(loaded.namespace, "stable", 4)

    def test_promotion_makes_v2_stable_and_the_canary_goes_away(self, loaded):
        begin = time.monotonic()
        # In two steps, as the chart's notes say: a gateway learns of a canary that goes away later than its Service has gone.
        loaded.upgrade({"image.tag": "v2", "config.stable.appColor": "green", "canary.weight": 0}, what="promotion")
        wait_for(lambda: colours(loaded) == {"green"}, 60, "everybody to see green")
        loaded.upgrade({"canary.enabled": False}, what="canary_away")
        loaded.phases["promotion"] = round(time.monotonic() - begin, 3)
        kube.wait_for_pods(loaded.namespace, "canary", 0)
        kinds = "deployments,services,poddisruptionbudgets,networkpolicies,httproutes,ingresses"
        if kube.has_kind("servicemonitors.monitoring.coreos.com"):
            kinds += ",servicemonitors"

        def left():  # the stable objects have the release's plain name; an old ConfigMap stays until its last pod is gone
            names = kube.kubectl("get", kinds, "-n", loaded.namespace, "-o", "name").split()
            return [name for name in names if "canary-demo-canary" in name]
        wait_for(lambda: not left(), 30, "every trace of the canary to go away")

    def test_not_one_request_failed(self, loaded, router):
        results = loaded.load.stop()
        total = summary(results)
        record(f"releases-{router}", phases=loaded.phases, helm_seconds=loaded.seconds, load=total,
               revisions=[{key: r[key] for key in ("revision", "status", "description")} for r in loaded.history()])
        assert total["failed"] == 0, explain(results)
        assert total["rate"] >= 500, total
