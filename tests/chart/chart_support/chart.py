"""Renders a chart with real Helm and finds things in what came out."""
import functools
import json
import pathlib

import yaml

from .tools import CHART, run, tool

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PAIRS = [("gateway", "helm"), ("nginx", "helm"), ("none", "helm"), ("gateway", "flagger"), ("nginx", "flagger"), ("nginx", "argo-rollouts")]


class Refused(Exception):
    """Helm would not render; the text is what its user reads."""


class Rendering:
    def __init__(self, text):
        self.text = text
        self.objects = [one for one in yaml.load_all(text, Loader=LOADER) if one]

    def all(self, kind):
        return [one for one in self.objects if one["kind"] == kind]

    def get(self, kind, name=None):
        found = [one for one in self.all(kind) if name is None or one["metadata"]["name"] == name]
        names = [one["metadata"]["name"] for one in self.all(kind)]
        assert len(found) == 1, f"expected one {kind} {name or ''}, found {names}"
        return found[0]

    def names(self):
        return sorted((one["kind"], one["metadata"]["name"]) for one in self.objects)

    def deployed(self):
        return [one for one in self.objects if one["kind"] in ("Deployment", "Rollout")]

    def workloads(self):
        """The service's own: all but the judge's webhook."""
        return [one for one in self.deployed() if not one["metadata"]["name"].endswith("-judge")]

    def jobs(self):
        return [one for one in self.objects if one["kind"] == "Job"]

    def pod_templates(self):
        """(name, template) of everything that becomes a pod."""
        return [(f"{one['kind']}/{one['metadata']['name']}", one["spec"]["template"]) for one in self.deployed() + self.jobs()]

    def config_of(self, workload):
        """The ConfigMap that a workload's pods read."""
        container = workload["spec"]["template"]["spec"]["containers"][0]
        return self.get("ConfigMap", container["envFrom"][0]["configMapRef"]["name"])

    def rules(self):
        return {"groups": self.get("PrometheusRule")["spec"]["groups"]}

    def alerts(self):
        return {rule["alert"]: rule for group in self.rules()["groups"] for rule in group["rules"] if "alert" in rule}


def pair(router, driver, **more):
    """Values for a router and a driver; a router that cannot split gets no weight."""
    values = {"traffic": {"router": router, "driver": driver}}
    if router == "none":
        values["canary"] = {"weight": 0}
    return merge(values, more)


def merge(base, over):
    out = dict(base)
    for key, value in over.items():
        out[key] = merge(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


class Chart:
    """A chart folder; renderings are kept, because most tests look at the same few."""

    def __init__(self, folder=CHART, helm="HELM"):
        self.folder = pathlib.Path(folder)
        self.helm = helm
        self._render = functools.lru_cache(maxsize=None)(self._run)

    def _run(self, values, release, namespace, extra):
        done = run(tool(self.helm), "template", release, self.folder, "-n", namespace, "-f", "-", *extra, stdin=values)
        if done.returncode:
            raise Refused(done.stderr)
        return Rendering(done.stdout)

    def render(self, values=None, release="canary-demo", namespace="canary-demo", extra=()):
        return self._render(json.dumps(values or {}), release, namespace, tuple(str(part) for part in extra))

    def anew(self, values=None, release="canary-demo", namespace="canary-demo", extra=()):
        """render() for a cluster that may have changed since."""
        return self._run(json.dumps(values or {}), release, namespace, tuple(str(part) for part in extra))

    def refusal(self, values, extra=()):
        """What Helm says when it must not render; fails when it does."""
        try:
            self.render(values, extra=extra)
        except Refused as refused:
            return str(refused)
        raise AssertionError(f"rendered, but should have been refused: {values}")


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def milliseconds(text):
    for unit, factor in (("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)):
        number = text.removesuffix(unit)
        if number != text and number.isdigit():
            return int(number) * factor
    raise ValueError(text)
