"""The counter-test: without draining the same story loses requests, and the load sees it."""

from support.load import unbroken_load
from support.losses import explain, summary
from support.record import record


def test_without_draining_requests_are_lost(new_release, gateway):
    from conftest import served, uninstall
    release = new_release("canary-undrained", traffic__hosts=["undrained.local"], replicaCount=2, monitoring__enabled=False,
                          config__settings__drainDelay="0s", config__settings__drainTimeout="1s",
                          config__settings__handlerTimeout="1s", rollout__minReadySeconds=0, canary__weight=50)
    try:
        served(release, gateway, "undrained.local", "gateway")
        with unbroken_load(release.url, release.host) as load:
            for number in range(3):
                release.upgrade({"config.stable.appRevision": f"r{number}", "config.canary.appRevision": f"r{number}"})
        total = summary(load.results)
        record("undrained", load=total)
        assert total["failed"] > 0, explain(load.results)
    finally:
        uninstall(release)
