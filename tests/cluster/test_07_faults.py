"""What breaks, and what the users notice of it: the failed share of all requests, by router."""

import subprocess
import time

import pytest

from support import kube
from support.endpoints import EndpointWatch
from support.load import unbroken_load
from support.losses import explain, summary
from support.node import sigkill
from support.record import record
from support.wait import wait_for

WEIGHT = 0.2


@pytest.fixture(scope="module")
def fragile(new_release, gateway):
    """Two releases of v1 and v2, one behind each router; made when first asked for."""
    from conftest import served, uninstall
    made = {}

    def of(router):
        if router not in made:
            name = f"faults-{router}"
            release = new_release(name, traffic__router=router, traffic__hosts=[f"{name}.local"], replicaCount=2, monitoring__enabled=False)
            made[router] = served(release, gateway, f"{name}.local", router)
        return made[router]
    yield of
    for release in made.values():
        uninstall(release)


@pytest.fixture
def release(router, fragile):
    """Each fault begins with both tracks ready."""
    release = fragile(router)
    if release.status() != "deployed":
        release.rollback(1)
    kube.wait_for_pods(release.namespace, "stable", 2)
    kube.wait_for_pods(release.namespace, "canary", 1)
    return release


def under_load(release, fault):
    """The counts of a load during fault(), with the seconds the canary had no ready endpoint."""
    with EndpointWatch(release.namespace, "canary-demo-canary") as watch:
        with unbroken_load(release.url, release.host, share=0.5) as load:
            time.sleep(1)  # a second of peace, so that every connection is up
            said = fault()
            time.sleep(2)  # what the fault does to the traffic shows within the gateway's own delay
    total = summary(load.results)
    total["seconds_without_canary"] = watch.seconds_without()
    return total, said, explain(load.results)


def assert_nothing_failed(name, router, total, details, **more):
    record(f"fault-{name}-{router}", load=total, **more)
    assert total["failed"] == 0, details


def test_a_canary_killed_with_SIGKILL(release, router, own_node):
    pod = kube.ready_pods(release.namespace, "canary")[0]
    before = kube.restarts(pod)

    def kill():
        assert sigkill(own_node, pod)
        wait_for(lambda: kube.restarts(kube.get("pod", pod["metadata"]["name"], release.namespace)) > before and
                 kube.ready_pods(release.namespace, "canary"), 60, "the canary to be back")
    total, _, details = under_load(release, kill)
    share = total["failed"] / total["requests"]
    record(f"fault-sigkill-{router}", load=total, failed_share=share)
    # Requests in flight and those sent until the gateway knows: never more than the canary's share of the outage.
    assert share <= WEIGHT * 1.25, details


def evict_all(release):
    """Evicts every pod of the release, one by one; how often a budget said no before it said yes."""
    refused = 0
    for name in [pod["metadata"]["name"] for pod in kube.pods(release.namespace)]:
        body = f'{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"{name}","namespace":"{release.namespace}"}}}}'

        def accepted():
            nonlocal refused
            result = kube.run("kubectl", "create", "--raw", f"/api/v1/namespaces/{release.namespace}/pods/{name}/eviction", "-f", "-",
                              input=body, check=False)
            refused += "disruption budget" in result.stderr
            return result.returncode == 0
        wait_for(accepted, 90, f"the eviction of {name} to be allowed", every=1)
    kube.wait_for_pods(release.namespace, "stable", 2)
    kube.wait_for_pods(release.namespace, "canary", 1)
    return refused


def without_endpoint(total):
    """Requests that a gateway may answer with 503 for a track without a ready endpoint; it learns of a change within 3 s."""
    return WEIGHT * total["requests"] * (total["seconds_without_canary"] + 3) / total["seconds"]


def test_every_pod_evicted_one_by_one(release, router):
    assert len(kube.get("poddisruptionbudgets", namespace=release.namespace)) == 2
    total, refused, details = under_load(release, lambda: evict_all(release))
    record(f"fault-evictions-{router}", load=total, refused_by_budget=refused)
    assert total["failed"] <= (0 if router == "nginx" else without_endpoint(total)), details
    assert refused > 0, "the budget never made an eviction wait"


def test_evictions_behind_an_ingress_given_endpoints(new_release, gateway, own_node):
    """Traefik's ingress-nginx mode without service-upstream: what that annotation is for."""
    assert own_node
    from conftest import served, uninstall
    release = new_release("faults-endpoints", traffic__router="nginx", traffic__hosts=["faults-endpoints.local"], replicaCount=2,
                          monitoring__enabled=False, traffic__ingress__annotations={})
    try:
        total, refused, details = under_load(served(release, gateway, "faults-endpoints.local", "nginx"), lambda: evict_all(release))
        record("fault-evictions-by-endpoints-nginx", load=total, refused_by_budget=refused)
        assert total["failed"] <= without_endpoint(total), details
    finally:
        uninstall(release)


BROKEN = {
    "image": ({"canary.image.tag": "v99", "config.canary.appVersion": "v2"}, ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")),
    "configuration": ({"extraEnv": [{"name": "CANARY_MAX_CONNECTIONS", "value": "many"}]}, ("CrashLoopBackOff", "Error")),
    "unschedulable": ({"nodeSelector": {"no": "such-node"}}, ("Unschedulable",)),
}


def waiting_reasons(namespace):
    for pod in kube.pods(namespace):
        for condition in pod["status"].get("conditions", []):
            yield condition.get("reason")
        for status in pod["status"].get("containerStatuses", []):
            yield status["state"].get("waiting", {}).get("reason")
            yield status["state"].get("terminated", {}).get("reason")


@pytest.mark.parametrize("name", BROKEN)
def test_a_canary_that_cannot_start_harms_nobody(release, router, name):
    values, reasons = BROKEN[name]

    def upgrade():
        result = release.upgrade(values, what=name, timeout="12s", check=False)
        seen = set(waiting_reasons(release.namespace))
        release.rollback(1, what=f"back_from_{name}")
        return result, seen
    total, (result, seen), details = under_load(release, upgrade)
    assert result.returncode != 0 and result.stderr.strip(), result
    assert seen & set(reasons), seen
    assert_nothing_failed(name, router, total, details, helm_exit=result.returncode, helm_message=result.stderr.strip().splitlines()[-1],
                          seen_in_pods=sorted(reason for reason in seen if reason in reasons))


def test_a_bad_value_is_refused_before_anything_changes(release):
    before = release.revision()
    result = release.upgrade({"config.canary.settings.drainDelay": "5"}, check=False)
    assert result.returncode != 0 and "drainDelay" in result.stderr, result.stderr
    assert release.revision() == before


def test_a_stable_container_killed_in_mid_upgrade_comes_back_with_its_old_configuration(release, router, own_node):
    old = kube.ready_pods(release.namespace, "stable")
    configuration = {pod["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"] for pod in old}
    assert len(configuration) == 1

    def upgrade():
        command = subprocess.Popen(["helm", "upgrade", release.name, *upgrade_arguments(release)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        wait_for(lambda: len(kube.pods(release.namespace, "stable")) > 2, 60, "the first new pod of stable")
        victim = old[-1]
        assert sigkill(own_node, victim)
        back = wait_for(lambda: (pod := kube.get("pod", victim["metadata"]["name"], release.namespace)) and
                        kube.restarts(pod) > kube.restarts(victim) and kube.is_ready(pod) and pod, 60, "the killed container to be back")
        used = back["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"]
        output, _ = command.communicate(timeout=200)
        assert command.returncode == 0, output
        return used
    total, used, details = under_load(release, upgrade)
    assert {used} == configuration
    share = total["failed"] / total["requests"]
    record(f"fault-stable-killed-{router}", load=total, failed_share=share)
    # One of two stable pods is gone until the kubelet has restarted it: 40 % of the requests for about two seconds of the upgrade.
    assert share <= (0.15 if router == "gateway" else 0.01), details
    release.rollback(1)


def upgrade_arguments(release):
    from support.helm import CHART, flags
    return [str(CHART), "-n", release.namespace, "--reuse-values", "--wait", "--timeout", "180s", *flags({"config.stable.appColor": "blue"})]
