"""kubectl, and what the story asks of it."""

import json

from .process import run
from .wait import wait_for


def kubectl(*arguments, **options):
    return run("kubectl", *arguments, **options).stdout


def apply(manifest):
    kubectl("apply", "--server-side", "-f", "-", input=manifest if isinstance(manifest, str) else json.dumps(manifest))


def get(kind, name=None, namespace=None, selector=None):
    arguments = ["get", kind]
    if name:
        arguments.append(name)
    if namespace:
        arguments += ["-n", namespace]
    if selector:
        arguments += ["-l", selector]
    answer = json.loads(kubectl(*arguments, "-o", "json"))
    return answer if name else answer["items"]


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", []))


def pods(namespace, track=None):
    """Pods that are not being deleted, oldest first."""
    found = get("pods", namespace=namespace, selector=f"track={track}" if track else "track")
    found = [p for p in found if "deletionTimestamp" not in p["metadata"] and p["status"].get("phase") not in ("Failed", "Succeeded")]
    return sorted(found, key=lambda pod: pod["metadata"]["creationTimestamp"])


def ready_pods(namespace, track=None):
    return [pod for pod in pods(namespace, track) if is_ready(pod)]


def wait_for_pods(namespace, track, count, timeout=120):
    return wait_for(lambda: len(pods(namespace, track)) == count and len(ready_pods(namespace, track)) == count and
                    pods(namespace, track) or (count == 0 and not pods(namespace, track)),
                    timeout, f"{count} ready pods of track {track} in {namespace}")


def restarts(pod):
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", []))


def container_id(pod, name=None):
    statuses = pod["status"]["containerStatuses"]
    status = statuses[0] if name is None else next(s for s in statuses if s["name"] == name)
    return status["containerID"].split("//", 1)[1]


def events(namespace, reason=None):
    found = get("events", namespace=namespace)
    return [event for event in found if reason is None or event["reason"] == reason]


def namespace_exists(name):
    return run("kubectl", "get", "namespace", name, check=False).returncode == 0


def fresh_namespace(name):
    if namespace_exists(name):
        kubectl("delete", "namespace", name, "--wait=true", "--timeout=120s")
    kubectl("create", "namespace", name)


def has_kind(resource):
    """Whether the cluster serves a kind, as plural.group."""
    return run("kubectl", "get", "crd", resource, check=False).returncode == 0
