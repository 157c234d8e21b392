"""Helm releases of the chart."""

import json
import pathlib
import time

from .process import run

CHART = pathlib.Path(__file__).resolve().parents[3] / "chart"


def flags(values):
    """--set flags of a flat table; texts that look like something else stay texts."""
    result = []
    for key, value in values.items():
        if isinstance(value, (dict, list, float)):
            result += ["--set-json", f"{key}={json.dumps(value)}"]
        elif isinstance(value, str):
            result += ["--set-string", f"{key}={value}"]
        else:
            result += ["--set", f"{key}={json.dumps(value)}"]
    return result


class Release:
    """One release of the chart. Every change waits until the cluster has made it, and is timed."""

    def __init__(self, name, namespace, values, wait="watcher"):
        self.wait = f"--wait={wait}"  # "legacy" where Helm 4's own way never ends, as on Argo's Rollout
        self.name = name
        self.namespace = namespace
        self.base = dict(values)
        self.seconds = {}

    def helm(self, *arguments, check=True, timeout=420):
        return run("helm", *arguments, "-n", self.namespace, check=check, timeout=timeout)

    def timed(self, what, *arguments, **options):
        begin = time.monotonic()
        result = self.helm(*arguments, **options)
        self.seconds[what] = round(time.monotonic() - begin, 3)
        return result

    def install(self, values=None, *more, **options):
        return self.timed("install", "install", self.name, CHART, "--create-namespace", self.wait, "--timeout", "90s",
                          *flags({**self.base, **(values or {})}), *more, **options)

    def upgrade(self, values, *more, what="upgrade", timeout="180s", wait=None, **options):
        return self.timed(what, "upgrade", self.name, CHART, "--reuse-values", wait or self.wait, "--timeout", timeout,
                          *flags(values), *more, **options)

    def rollback(self, revision=None, *more, what="rollback", **options):
        return self.timed(what, "rollback", self.name, *([revision] if revision else []), self.wait, "--timeout", "90s", *more, **options)

    def test(self, **options):
        return self.timed("test", "test", self.name, "--logs", "--timeout", "120s", **options)

    def uninstall(self, **options):
        return self.timed("uninstall", "uninstall", self.name, "--wait", "--timeout", "120s", **options)

    def history(self):
        return json.loads(self.helm("history", self.name, "-o", "json").stdout)

    def revision(self):
        return self.history()[-1]["revision"]

    def status(self):
        return self.history()[-1]["status"]
