"""The cluster's Prometheus."""

import json
import os
import urllib.parse
import urllib.request

URL = os.environ.get("PROMETHEUS_URL", "http://prometheus-operated.monitoring.svc.cluster.local:9090")


def ask(path, **parameters):
    url = f"{URL}{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        body = json.load(answer)
    assert body["status"] == "success", body
    return body["data"]


def query(expression, at=None):
    """An instant vector as a list of (labels, value)."""
    parameters = {"query": expression}
    if at is not None:
        parameters["time"] = at
    data = ask("/api/v1/query", **parameters)
    if data["resultType"] == "scalar":
        return [({}, float(data["result"][1]))]
    return [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]


def by(label, expression, at=None):
    return {labels.get(label): value for labels, value in query(expression, at)}


def targets():
    return ask("/api/v1/targets")["activeTargets"]


def rules(kind=None):
    found = [rule for group in ask("/api/v1/rules")["groups"] for rule in group["rules"]]
    return [rule for rule in found if kind is None or rule["type"] == kind]


def alerts():
    return ask("/api/v1/alerts")["alerts"]
