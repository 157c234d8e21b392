"""Monitors, rules, and the dashboard, as far as they can be judged without running anything but promtool."""
import json
import re

from chart_support import scenarios
from chart_support.chart import PAIRS, pair, selects

LABEL = {"release": "prometheus"}


def monitors_find_the_metrics_services_of_both_tracks(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        found = []
        for monitor in rendering.all("ServiceMonitor"):
            assert selects(LABEL, monitor["metadata"]["labels"])
            (endpoint,) = monitor["spec"]["endpoints"]
            assert endpoint["path"] == "/metrics"
            hit = [one for one in rendering.all("Service") if selects(monitor["spec"]["selector"]["matchLabels"], one["metadata"]["labels"])]
            assert len(hit) == 1, [one["metadata"]["name"] for one in hit]
            assert endpoint["port"] in [port["name"] for port in hit[0]["spec"]["ports"]], "no such port in the Service"
            found.append(hit[0]["metadata"]["name"])
        expected = ["canary-demo-metrics", "canary-demo-canary-metrics"] if driver == "helm" else ["canary-demo-metrics"]
        assert sorted(found) == sorted(expected)


def rules_count_this_releases_pods_only(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        jobs = {one["metadata"]["name"] for one in rendering.all("Service") if one["metadata"]["name"].endswith("-metrics")}
        for group in rendering.rules()["groups"]:
            for rule in group["rules"]:
                for series in re.findall(r"http_\w+\{([^}]*)\}", rule["expr"]):
                    pattern = re.search(r'job=~"([^"]*)"', series)
                    assert pattern and 'namespace="canary-demo"' in series, series
                    assert all(re.fullmatch(pattern[1], job) for job in jobs)
                    assert not re.fullmatch(pattern[1], "other-canary-demo-metrics")


def alerts_say_what_and_where(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver, monitoring={"rules": {"runbookUrl": "https://example.org/r", "alertLabels": {"team": "a"}}}))
        assert selects(LABEL, rendering.get("PrometheusRule")["metadata"]["labels"])
        assert len(rendering.alerts()) >= 12
        for name, rule in rendering.alerts().items():
            assert rule["labels"]["severity"] in ("critical", "warning") and rule["labels"]["team"] == "a", name
            assert rule["annotations"]["runbook_url"] and rule["annotations"]["summary"] and rule["annotations"]["description"], name


def alerts_are_those_of_the_driver(chart):
    """Who moves the weight decides whether silence of the canary is an alarm."""
    for router, driver in PAIRS:
        alerts = set(chart.render(pair(router, driver)).alerts())
        assert ("CanaryDemoCanaryWithoutTraffic" in alerts) is (driver == "helm" and router != "none")
        assert ("CanaryDemoCanaryMetricsAbsent" in alerts) is (driver == "helm")
        assert ("CanaryDemoTraefikErrors" in alerts) is (router != "none")


def alerts_fire_when_they_must_and_only_then(chart):
    for scenario in scenarios.SCENARIOS:
        if scenario.step == 1:  # the long ones are test_rules.py's
            scenarios.check(chart.render(scenario.values), scenario)


def the_objective_sets_the_thresholds(chart):
    rules = chart.render({"monitoring": {"slo": {"objective": 99.5}}}).alerts()
    assert "> 14.4 * 0.005\n" in rules["CanaryDemoFleetBudgetBurn1h"]["expr"]
    assert "> 14.4 * 0.001\n" in chart.render().alerts()["CanaryDemoTrackBudgetBurn1h"]["expr"]
    pairs = {name: re.findall(r"rate(\d+[mhd])\{.*> ([\d.]+) \*", rule["expr"]) for name, rule in rules.items() if "BudgetBurn" in name}
    for scope in ("Fleet", "Track"):
        assert pairs[f"CanaryDemo{scope}BudgetBurn1h"] == [("1h", "14.4"), ("5m", "14.4")]
        assert pairs[f"CanaryDemo{scope}BudgetBurn6h"] == [("6h", "6"), ("30m", "6")]
        assert pairs[f"CanaryDemo{scope}BudgetBurn1d"] == [("1d", "3"), ("2h", "3")]
        assert pairs[f"CanaryDemo{scope}BudgetBurn3d"] == [("3d", "1"), ("6h", "1")]


def the_dashboard_is_found_by_grafana_and_names_this_release(chart):
    config = chart.render(release="r1", namespace="n1").get("ConfigMap", "r1-canary-demo-dashboard")
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    (text,) = config["data"].values()
    board = json.loads(text)
    assert "@" not in text, "a token was not replaced"
    constants = {one["name"]: one["query"] for one in board["templating"]["list"] if one["type"] == "constant"}
    assert constants == {"namespace": "n1", "release": "r1", "job": "r1-canary-demo(-canary)?-metrics"}
    titles = {panel["title"] for panel in board["panels"]}
    assert {"Canary weight", "Requests", "Errors", "Latency, 99 %", "CPU by version", "Memory by version", "Error budget left"} <= titles
    other = chart.render(release="r2", namespace="n1").get("ConfigMap", "r2-canary-demo-dashboard")
    assert json.loads(next(iter(other["data"].values())))["uid"] != board["uid"]


def monitoring_can_be_switched_off(chart):
    rendering = chart.render({"monitoring": {"enabled": False}})
    assert not rendering.all("ServiceMonitor") and not rendering.all("PrometheusRule")
    assert not [one for one in rendering.all("ConfigMap") if "dashboard" in one["metadata"]["name"]]
