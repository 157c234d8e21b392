"""The chart is installed and the operator's Prometheus finds both tracks."""

import json

from conftest import HOST
from support import kube
from support.client import info
from support.record import record
from support.wait import wait_for


def test_four_stable_pods_of_v1_and_one_canary_of_v2(demo):
    stable = kube.wait_for_pods(demo.namespace, "stable", 4)
    canary = kube.wait_for_pods(demo.namespace, "canary", 1)
    images = {pod["spec"]["containers"][0]["image"].rsplit(":", 1)[1] for pod in stable}
    assert images == {"v1"}
    assert canary[0]["spec"]["containers"][0]["image"].endswith(":v2")
    record("pods", stable=len(stable), canary=len(canary), chart_revision=demo.revision(), install_seconds=demo.seconds["install"])


def test_pods_meet_pod_security_restricted(demo):
    refused = kube.run("kubectl", "label", "--dry-run=server", "--overwrite", "namespace", demo.namespace,
                       "pod-security.kubernetes.io/enforce=restricted")
    assert "Warning" not in refused.stderr, refused.stderr


def test_helm_says_how_to_go_on(demo):
    notes = demo.helm("get", "notes", demo.name).stdout
    for word in ("canary-demo.local", "helm rollback", "canary.weight"):
        assert word in notes, notes


def test_every_target_is_up(demo, monitoring):
    def ours():
        found = [t for t in monitoring.targets() if t["labels"].get("namespace") == demo.namespace]
        return len(found) == 5 and all(t["health"] == "up" for t in found) and found
    found = wait_for(ours, 90, "5 targets of the release, all up")
    tracks = sorted(t["labels"].get("service") for t in found)
    assert tracks.count("canary-demo-metrics") == 4 and tracks.count("canary-demo-canary-metrics") == 1
    monitors = {m["metadata"]["name"] for m in kube.get("servicemonitors.monitoring.coreos.com", namespace=demo.namespace)}
    record("targets", up=len(found), monitors=sorted(monitors))


def test_both_tracks_answer_through_the_gateway(demo, gateway):
    seen = set()
    wait_for(lambda: seen.add(info(gateway, HOST)["version"]) or {"v1", "v2"} <= seen, 60, "both versions through the gateway", every=0.02)


def test_environment_is_what_the_chart_was_made_for(demo, monitoring):
    node = kube.get("nodes")[0]["status"]
    version = kube.kubectl("version", "-o", "json")
    server = json.loads(version)["serverVersion"]
    helm = kube.run("helm", "version", "--template", "{{.Version}}").stdout.strip()
    assert (int(server["major"]), int(server["minor"].rstrip("+"))) >= (1, 31) and helm.startswith("v4.")
    chart = json.loads(demo.helm("list", "-o", "json").stdout)[0]["chart"]
    record("environment", kind="Kubernetes cluster", os=node["nodeInfo"]["osImage"], kernel=node["nodeInfo"]["kernelVersion"],
           machine=node["nodeInfo"]["architecture"], cpus=int(node["capacity"]["cpu"]), memory=node["capacity"]["memory"],
           kubernetes=server["gitVersion"], container_runtime=node["nodeInfo"]["containerRuntimeVersion"], helm=helm,
           prometheus=monitoring.ask("/api/v1/status/buildinfo")["version"], router="Gateway API and Ingress by Traefik", chart=chart)
