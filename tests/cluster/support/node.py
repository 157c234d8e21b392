"""The node's own processes, where this run started it."""

import os
import signal
import subprocess

from . import kube


def pid(run, container):
    """Process id of a container's first process, None where it does not run."""
    listed = subprocess.run(["ctr", "-a", f"{run}/containerd.sock", "-n", "k8s.io", "tasks", "list"], check=True,
                            capture_output=True, text=True).stdout
    return next((int(line.split()[1]) for line in listed.splitlines() if line.startswith(container) and "RUNNING" in line), None)


def sigkill(run, pod):
    """Kills a pod's container; whether it was running."""
    process = pid(run, kube.container_id(pod))
    if process:
        os.kill(process, signal.SIGKILL)
    return process is not None
