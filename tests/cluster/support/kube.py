"""kubectl, and what the story asks of it."""

import atexit
import functools
import http.client
import json
import subprocess
import urllib.parse

from .process import run
from .wait import wait_for


def kubectl(*arguments, **options):
    return run("kubectl", *arguments, **options).stdout


def apply(manifest):
    kubectl("apply", "--server-side", "-f", "-", input=manifest if isinstance(manifest, str) else json.dumps(manifest))


class Api:
    """The API server through one `kubectl proxy`: a question costs milliseconds, where each kubectl costs a tenth of a second."""

    def __init__(self):
        self.process = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.terminate)
        self.address = self.process.stdout.readline().rsplit(" ", 1)[-1].strip()
        self.resources = {}

    def resource(self, kind):
        """API path and plural of a kind, given as kubectl takes it: `pods`, `pod`, `canary.flagger.app`."""
        if kind not in self.resources:
            for line in kubectl("api-resources", "--no-headers").splitlines():
                plural, *_, version, _, name = line.split()
                group = version.rpartition("/")[0]
                known = ("apis/" if group else "api/") + version, plural
                for word in (plural, name.lower()):
                    self.resources.setdefault(word, known)
                    self.resources[f"{word}.{group}"] = known
        return self.resources[kind]

    def get(self, kind, name, namespace, selector):
        version, plural = self.resource(kind)
        path = f"/{version}/" + (f"namespaces/{namespace}/" if namespace else "") + plural + (f"/{name}" if name else "")
        path += f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""
        return self.raw(path)

    def raw(self, path):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, f"GET {path}: {answer.status} {text[:300]!r}"
            return json.loads(text)
        finally:
            connection.close()


@functools.cache
def api():
    return Api()


def get(kind, name=None, namespace=None, selector=None):
    """An object, or the list of them; of all namespaces where none is given."""
    answer = api().get(kind, name, namespace, selector)
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
    def all_ready():
        found = pods(namespace, track)
        return len(found) == count and all(is_ready(pod) for pod in found) and (found or True)
    return wait_for(all_ready, timeout, f"{count} ready pods of track {track} in {namespace}")


def restarts(pod):
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", []))


def container_id(pod):
    return pod["status"]["containerStatuses"][0]["containerID"].split("//", 1)[1]


def has_kind(resource):
    """Whether the cluster serves a kind, as plural.group."""
    return run("kubectl", "get", "crd", resource, check=False).returncode == 0
