"""Helm's own ways back: a check that fails, and a helm that was killed."""

import signal
import subprocess

import pytest

from support import client, kube
from support.helm import CHART, flags
from support.record import record
from support.wait import wait_for


@pytest.fixture(scope="module")
def release(new_release, gateway):
    from conftest import served, uninstall
    release = served(new_release("recovery", traffic__hosts=["recovery.local"], replicaCount=2, monitoring__enabled=False),
                     gateway, "recovery.local", "gateway")
    yield release
    uninstall(release)


def test_a_failed_check_returns_to_the_last_good_revision_by_itself(release):
    """The pods say another version than the one asked for: ready, but wrong."""
    good = release.revision()
    result = release.upgrade({"extraEnv": [{"name": "APP_VERSION", "value": "v2-by-mistake"}], "check.timeoutSeconds": 10},
                             "--rollback-on-failure", what="rollback_on_failure", timeout="120s", check=False)
    assert result.returncode != 0, result.stdout
    history = release.history()
    assert history[-1]["status"] == "deployed" and f"Rollback to {good}" in history[-1]["description"], history
    wait_for(lambda: client.info(release.url, release.host, X_Canary="always")["version"] == "v2", 60, "v2 to be back")
    kube.wait_for_pods(release.namespace, "stable", 2)
    record("rollback-on-failure", seconds=release.seconds["rollback_on_failure"], helm_exit=result.returncode,
           helm_message=result.stderr.strip().splitlines()[-1])


def test_a_helm_killed_in_mid_upgrade_blocks_the_next_until_a_rollback(release):
    good = release.revision()
    process = subprocess.Popen(["helm", "upgrade", release.name, str(CHART), "-n", release.namespace, "--reuse-values", "--wait",
                                *flags({"config.canary.appRevision": "killed"})], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: release.status() == "pending-upgrade", 30, "helm to be in mid-upgrade", every=0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    blocked = release.upgrade({"canary.weight": 10}, check=False)
    assert blocked.returncode != 0 and "another operation" in blocked.stderr, blocked.stderr
    release.rollback(good, what="out_of_pending")
    assert release.status() == "deployed"
    release.upgrade({"canary.weight": 20})
    record("pending-upgrade", helm_message=blocked.stderr.strip().splitlines()[-1], rollback_seconds=release.seconds["out_of_pending"])


def test_uninstall_leaves_nothing(release):
    release.uninstall()
    kinds = kube.kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name").split()
    kinds = [kind for kind in kinds if not kind.startswith("events")]

    def left():
        names = kube.kubectl("get", ",".join(kinds), "-n", release.namespace, "-o", "name", "--ignore-not-found").split()
        return [n for n in names if n not in ("configmap/kube-root-ca.crt", "serviceaccount/default")]
    wait_for(lambda: not left(), 60, "the namespace to be empty")
    record("uninstall", seconds=release.seconds["uninstall"], objects_left=len(left()))
