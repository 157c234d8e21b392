"""A burning canary fires the alert of its own track."""

import pytest

from support import kube
from support.faults import set_faults
from support.load import Load
from support.record import record
from support.wait import wait_for


@pytest.fixture(scope="module")
def burning(new_release, gateway, monitoring):
    """A release whose faults can be switched at the admin port."""
    from conftest import served, uninstall
    assert monitoring
    release = new_release("burning", traffic__hosts=["burning.local"], replicaCount=2, config__settings__faults=True)
    yield served(release, gateway, "burning.local", "gateway")
    uninstall(release)


def test_a_burning_canary_fires_the_alert_of_its_track(burning, monitoring, own_node):
    """5 % of the canary's requests fail: one in a hundred of all, which the fleet's fast alert does not look at."""
    assert own_node  # the pod's address is reached from here
    address = kube.ready_pods(burning.namespace, "canary")[-1]["status"]["podIP"]
    set_faults(address, {"error_rate": 0.05, "ttl": "10m"})
    load = Load(burning.url + "/api/info", 100, burning.host, longest=300)

    def firing(track):
        return [a for a in monitoring.alerts() if a["state"] == "firing" and
                (a["labels"].get("namespace"), a["labels"].get("track")) == (burning.namespace, track)]
    try:
        fired = wait_for(lambda: firing("canary"), 240, "an alert for the canary's track", every=2)
    finally:
        set_faults(address, None)
        seen = load.stop()
    assert not firing("stable")
    errors = monitoring.by("track", f'sum(rate(http_requests_total{{namespace="{burning.namespace}",code=~"5.*"}}[1m])) by (track)')
    assert errors["canary"] > 0 and errors["stable"] == 0
    record("burning", alerts=sorted({a["labels"]["alertname"] for a in fired}), requests=seen["sent"], failed=seen["failed"])
