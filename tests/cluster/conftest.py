"""What every step of the story stands on."""

import json
import os
import subprocess

import pytest

from support import kube
from support.client import info
from support.helm import Release
from support.wait import wait_for

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1")
IMAGE = os.environ.get("IMAGE", "localhost/canary")
HOST = "canary-demo.local"
NAMESPACE = "canary-demo"


def cluster_tool(*arguments):
    """tests/cluster/cluster, where this run owns the node; None in somebody's own cluster."""
    tool = os.environ.get("CLUSTER_TOOL")
    return subprocess.run([tool, *arguments], check=True, timeout=600) if tool else None


@pytest.fixture(scope="session")
def own_node():
    """The node's processes can be reached from here."""
    run = os.environ.get("CLUSTER_NODE")
    if not run:
        pytest.skip("needs the node itself; this cluster was given by KUBECONFIG")
    return run


@pytest.fixture(scope="session")
def gateway():
    """The Gateway that the routes attach to."""
    kube.kubectl("apply", "--server-side", "-f", os.path.join(os.path.dirname(__file__), "manifests/gateway.yaml"))
    wait_for(lambda: [c for c in kube.get("gateway", "canary-demo", "gateway")["status"]["conditions"]
                      if c["type"] == "Programmed" and c["status"] == "True"], 60, "the Gateway to be programmed")
    return GATEWAY


@pytest.fixture(scope="session")
def monitoring():
    """A Prometheus that the real operator runs."""
    cluster_tool("add", "prometheus-operator")
    if not kube.has_kind("prometheuses.monitoring.coreos.com"):
        pytest.skip("needs the Prometheus operator in this cluster")
    if os.environ.get("CLUSTER_TOOL"):
        kube.kubectl("apply", "--server-side", "-f", os.path.join(os.path.dirname(__file__), "manifests/monitoring.yaml"))
    from support import prometheus
    wait_for(lambda: prometheus.query("vector(1)"), 120, f"Prometheus at {prometheus.URL} to answer")
    return prometheus


# Quick scrapes, so that the story need not wait for numbers.
BASE = {
    "image.repository": IMAGE,
    "image.pullPolicy": "IfNotPresent",
    "monitoring.interval": "5s",
    "monitoring.scrapeTimeout": "4s",
    **json.loads(os.environ.get("E2E_VALUES", "{}")),
}


# The gateway of our own cluster is Traefik. Given endpoints, its ingress-nginx mode answers 503 while the only pod of a track
# is stopping, where ingress-nginx itself goes to stable; given the Service's address, kube-proxy sends to the stopping pod as long
# as it serves, and a refused connection is tried again elsewhere. test_07_faults.py measures both.
SERVICE_UPSTREAM = {"nginx.ingress.kubernetes.io/service-upstream": "true"}
INGRESS_ANNOTATIONS = json.loads(os.environ.get("E2E_INGRESS_ANNOTATIONS", json.dumps(SERVICE_UPSTREAM if os.environ.get("CLUSTER_TOOL") else {})))


@pytest.fixture(scope="session")
def new_release():
    """Makes a release in a namespace of its own."""
    def make(namespace=NAMESPACE, name="canary-demo", **values):
        if values.get("traffic__router") == "nginx":
            values = {"traffic__ingress__annotations": INGRESS_ANNOTATIONS, **values}
        if not kube.has_kind("servicemonitors.monitoring.coreos.com"):
            values["monitoring__enabled"] = False
        return Release(name, namespace, {**BASE, **{key.replace("__", "."): value for key, value in values.items()}})
    return make


def served(release, url, host, router):
    """Installs the release and notes what the story compares with later."""
    release.install()
    release.url, release.host, release.router = url, host, router
    wait_for(lambda: info(url, host)["version"], 60, f"{host} to be served")
    release.v2_revision = release.revision()
    release.v2_config = wait_for(lambda: info(url, host, X_Canary="always")["config"], 30, "the canary's answer")
    return release


def uninstall(release):
    """Removes a release and its namespace, whatever state they are in."""
    release.helm("uninstall", release.name, "--wait", "--timeout", "60s", "--ignore-not-found", check=False)
    kube.kubectl("delete", "namespace", release.namespace, "--ignore-not-found", "--timeout=90s")


@pytest.fixture(scope="session")
def monitored(request):
    """The operator is there before a release that is to be monitored, where this cluster can have one."""
    if os.environ.get("CLUSTER_TOOL"):
        request.getfixturevalue("monitoring")


@pytest.fixture(scope="session")
def demo(new_release, gateway, monitored):
    """The release of the story's first part: v1 white on four pods, v2 green on one, router gateway."""
    release = served(new_release(), gateway, HOST, "gateway")
    yield release
    uninstall(release)


@pytest.fixture(scope="session")
def demo_nginx(new_release, gateway, monitored):
    """The same behind two Ingresses with the canary annotations."""
    release = new_release("canary-nginx", traffic__router="nginx", traffic__hosts=["canary-nginx.local"])
    yield served(release, gateway, "canary-nginx.local", "nginx")
    uninstall(release)


@pytest.fixture(scope="session", params=os.environ.get("E2E_ROUTERS", "gateway,nginx").split(","))
def router(request):
    return request.param


@pytest.fixture
def routed(router, request):
    """The release behind each of the two routers, serving."""
    release = request.getfixturevalue("demo" if router == "gateway" else "demo_nginx")
    wait_for(lambda: info(release.url, release.host)["version"], 60, f"{release.host} to be served")
    return release
