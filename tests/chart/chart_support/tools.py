"""The programs these tests need. A missing one is a skip, never a silent pass."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHART = ROOT / "chart"
SCRIPT = ROOT / "tests" / "tools" / "chart-tools"
NAMES = ("HELM", "HELM3", "KUBECONFORM", "PODSECURITY", "SCHEMAS")
_found = {}


def tool(name):
    """Path of one of NAMES, from the environment or from chart-tools' cache."""
    if not _found:
        _found.update({one: os.environ[one] for one in NAMES if os.environ.get(one)})
        if len(_found) < len(NAMES):
            known = subprocess.run([SCRIPT, "env"], capture_output=True, text=True, check=False)
            for line in known.stdout.splitlines():
                key, _, path = line.partition("=")
                _found.setdefault(key, path)
    path = _found.get(name)
    if not path or not os.path.exists(path):
        pytest.skip(f"{name} is missing: run tests/tools/chart-tools")
    return path


def program(name, package):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is missing: install Debian's {package}")
    return path


def built(variable):
    """A program of this project, named by an environment variable or found in build/."""
    known = {"CANARY_APP": "app/canary-app", "CANARYCTL": "canaryctl/canaryctl"}
    path = os.environ.get(variable) or ROOT / "build" / known[variable]
    if not os.path.exists(path):
        pytest.skip(f"{variable} is missing: build the programs first")
    return str(path)


def run(*command, stdin=None, env=None):
    return subprocess.run(
        [str(part) for part in command], input=stdin, capture_output=True, text=True, check=False, env=env, timeout=120
    )
