"""The emergency brake, by values and by hand; and the end of a release."""

import json

from support import client, kube
from support.record import record
from support.wait import wait_for


def everybody_on_stable(release):
    return all(client.info(release.url, release.host)["version"] == "v1" for _ in range(40))


def restored(release, *more):
    """Back to v1 and v2 at 80:20, however the release stands."""
    return release.upgrade({"image.tag": "v1", "config.stable.appColor": "white", "canary.enabled": True, "canary.weight": 20,
                            "canary.image.tag": "v2", "config.canary.appColor": "green"}, *more, what="restore", check=False)


def test_brake_by_values(routed, router):
    result = restored(routed)
    assert result.returncode == 0, result.stdout + result.stderr
    wait_for(lambda: not everybody_on_stable(routed), 30, "the canary to get traffic")
    routed.upgrade({"canary.weight": 0}, "--no-hooks", what="brake")
    wait_for(lambda: everybody_on_stable(routed), 30, "everybody to be on stable")
    record(f"brake-{router}", by_values_seconds=routed.seconds["brake"])
    assert restored(routed).returncode == 0


def patch_weight_to_0(release, router):
    if router == "gateway":
        route = kube.get("httproute", "canary-demo", release.namespace)
        rule = len(route["spec"]["rules"]) - 1
        patch = [{"op": "replace", "path": f"/spec/rules/{rule}/backendRefs/0/weight", "value": 100},
                 {"op": "replace", "path": f"/spec/rules/{rule}/backendRefs/1/weight", "value": 0}]
        kube.kubectl("patch", "httproute", "canary-demo", "-n", release.namespace, "--type=json", "-p", json.dumps(patch))
    else:
        name = next(i["metadata"]["name"] for i in kube.get("ingress", namespace=release.namespace) if i["metadata"]["name"].endswith("-canary"))
        kube.kubectl("annotate", "ingress", name, "-n", release.namespace, "--overwrite", "nginx.ingress.kubernetes.io/canary-weight=0")
    wait_for(lambda: everybody_on_stable(release), 30, "everybody to be on stable")


def test_brake_by_kubectl_patch_and_the_ways_back(routed, router):
    """After a patch the field has two owners, and Helm says so instead of guessing."""
    good = routed.revision()
    patch_weight_to_0(routed, router)
    refused = routed.upgrade({"canary.weight": 10}, what="refused", check=False)
    assert refused.returncode != 0 and "conflict" in refused.stderr, refused.stdout + refused.stderr
    record(f"patch-{router}", helm_message=refused.stderr.strip().splitlines()[-1])
    routed.upgrade({"canary.weight": 20}, "--force-conflicts", what="forced")
    wait_for(lambda: not everybody_on_stable(routed), 30, "the canary to get traffic again")

    patch_weight_to_0(routed, router)
    assert "conflict" in routed.rollback(good, check=False, what="refused_rollback").stderr
    routed.rollback(good, "--force-conflicts", what="forced_rollback")
    wait_for(lambda: not everybody_on_stable(routed), 30, "the canary to get traffic again")
    assert routed.status() == "deployed"
