"""Releases whose weight Flagger or Argo Rollouts moves."""

import concurrent.futures
import contextlib

import pytest

from . import client, kube
from .load import Users
from .wait import wait_for

CRDS = {"flagger": "canaries.flagger.app", "argo-rollouts": "rollouts.argoproj.io"}
READY = ("Initialized", "Succeeded", "Healthy")
ENDS = ("Succeeded", "Healthy", "Failed", "Degraded")


def together(releases, action):
    """The same step for every driver at once: controllers mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(len(releases)) as pool:
        return dict(zip(releases, pool.map(action, releases.values())))


@contextlib.contextmanager
def controlled_releases(new_release, gateway, monitoring, drivers, rate):
    """A release of v1 by each name of `drivers` (its values), with so many requests a second of its own while the block runs."""
    from conftest import cluster_tool, uninstall
    for controller, crd in CRDS.items():
        if not any(values["traffic.driver"] == controller for values in drivers.values()):
            continue
        cluster_tool("add", controller)
        if not kube.has_kind(crd):
            pytest.skip(f"needs {controller} in this cluster")
    releases = {}
    for name, values in drivers.items():
        release = new_release(name, traffic__hosts=[f"{name}.local"])
        release.base.update(values)
        release.host, release.url, release.driver = f"{name}.local", gateway, values["traffic.driver"]
        release.wait = "--wait=legacy"
        releases[name] = release
    together(releases, lambda release: release.install())
    try:
        together(releases, lambda release: wait_for(lambda: client.info(release.url, release.host)["version"] == "v1" and phase(release) in READY,
                                                    150, f"{release.host} to be initialised", every=1))
        with contextlib.ExitStack() as users:
            for release in releases.values():
                users.enter_context(Users(release, rate))
            # An analysis that begins before the first scrape finds no numbers and fails a good canary.
            together(releases, lambda release: wait_for(lambda: "stable" in tracks(release, monitoring), 150, f"scrapes of {release.namespace}", every=1))
            yield releases
    finally:
        together(releases, uninstall)


def phase(release):
    return kube.get(CRDS[release.driver], "canary-demo", release.namespace).get("status", {}).get("phase")


def tracks(release, monitoring):
    return set(monitoring.by("track", f'sum(rate(http_requests_total{{namespace="{release.namespace}"}}[1m]) > 0) by (track)'))


def change(release, values):
    release.upgrade(values, wait="--wait=hookOnly")


def followed(release, look):
    """Follows one analysis to its end and looks every second meanwhile; the phases seen, the last one its end."""
    seen = []

    def ended():
        now = phase(release)
        if not seen or seen[-1] != now:
            seen.append(now)
        look(release)
        return len(seen) > 1 and now in ENDS
    wait_for(ended, 300, f"the end of the analysis in {release.namespace}", every=1)
    return seen


def all_users_get(release, version):
    wait_for(lambda: {client.info(release.url, release.host)["version"] for _ in range(20)} == {version}, 60,
             f"{version} to be what all users get in {release.namespace}")
