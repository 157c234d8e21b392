"""The numbers in Prometheus are those that the client counted, and the rules and the dashboard live on them."""

import json
import time

from support import kube
from support.load import Load, canaryctl
from support.record import record
from support.wait import wait_for

SCRAPE = 5  # seconds, set at install
RATE_BY_VERSION = "sum(rate(http_requests_total[5m])) by (version)"
ERRORS_BY_VERSION = 'sum(rate(http_requests_total{code=~"5.*"}[5m])) by (version)'


def within(query, namespace):
    """The same query of one namespace: other steps of the story have releases in this Prometheus too."""
    matcher = f'namespace="{namespace}"'
    return query.replace("{", "{" + matcher + ",") if "{" in query else query.replace("[", "{" + matcher + "}[")


def counters(monitoring, namespace):
    return monitoring.by("version", f'sum(http_requests_total{{namespace="{namespace}"}}) by (version)')


def settled(monitoring, namespace):
    """The counters once a whole scrape brought nothing new."""
    seen = [counters(monitoring, namespace)]

    def still():
        time.sleep(2 * SCRAPE)  # a scrape of every target lies in between
        seen.append(counters(monitoring, namespace))
        return seen[-1] == seen[-2] and seen[-1]
    return wait_for(still, 90, "the counters to stand still")


def test_prometheus_counted_each_request_that_the_client_counted(demo, monitoring):
    before = settled(monitoring, demo.namespace)
    answer = json.loads(canaryctl("split", demo.url + "/api/info", "--header", f"Host: {demo.host}", "--expect", "v1=80,v2=20",
                                  "-n", 1000, "--output", "json").stdout)
    counted = {entry["version"]: entry["observed"] for entry in answer["versions"]}
    after = settled(monitoring, demo.namespace)
    difference = {version: after[version] - before[version] for version in counted}
    record("counted", client=counted, prometheus=difference)
    assert difference == counted


def test_the_two_queries_agree_with_the_client(demo, monitoring):
    """Ninety seconds of steady load; the rate over the last minute is the client's own within one scrape."""
    rate, seconds = 100, 90
    load = Load(demo.url + "/api/info", rate, demo.host, longest=seconds)
    time.sleep(75)  # the window below has to lie inside the load
    window = "[1m]"
    ours = f'namespace="{demo.namespace}"'
    rates = monitoring.by("version", f"sum(rate(http_requests_total{{{ours}}}{window})) by (version)")
    result = load.stop()
    assert result["failed"] == 0, result
    total = sum(rates.values())
    allowed = result["sent_rate"] * SCRAPE / 60  # one scrape more or less in the window
    assert abs(total - result["sent_rate"]) <= allowed, (rates, result["sent_rate"])

    for query in (RATE_BY_VERSION, ERRORS_BY_VERSION):
        assert {"v1", "v2"} <= set(monitoring.by("version", query))
    asked = {query: within(query, demo.namespace) for query in (RATE_BY_VERSION, ERRORS_BY_VERSION)}
    seen = {query: monitoring.by("version", asked[query]) for query in asked}
    assert {"v1", "v2"} <= set(seen[RATE_BY_VERSION]) and {"v1", "v2"} <= set(seen[ERRORS_BY_VERSION])
    assert set(seen[ERRORS_BY_VERSION].values()) == {0}
    record("queries", client_rate=result["sent_rate"], window_rates=rates, requests=result["sent"], failed=result["failed"],
           rate_by_version=seen[RATE_BY_VERSION], errors_by_version=seen[ERRORS_BY_VERSION],
           rate_query=asked[RATE_BY_VERSION], errors_query=asked[ERRORS_BY_VERSION])


def test_cpu_and_memory_of_both_versions(demo, monitoring):
    ours = f'namespace="{demo.namespace}"'
    # A scrape job that went away, as the canary's does with a promotion, leaves its series behind for five minutes.
    now = f"process_resident_memory_bytes{{{ours}}} and time() - timestamp(process_resident_memory_bytes{{{ours}}}) < {4 * SCRAPE}"
    wait_for(lambda: monitoring.by("version", f"count({now}) by (version)") == {"v1": 4, "v2": 1}, 90,
             "four pods of v1 and one of v2 in Prometheus", every=1)
    pods = monitoring.by("version", f"count({now}) by (version)")
    memory = monitoring.by("version", f"sum({now}) by (version)")
    cpu = monitoring.by("version", f"sum(rate(process_cpu_seconds_total{{{ours}}}[5m])) by (version)")
    cpu = {version: cpu[version] for version in memory}  # the last five minutes may have seen a v3
    assert all(value > 0 for value in [*cpu.values(), *memory.values()])
    assert set(memory) == set(pods)
    record("resources", cpu_seconds_per_second=cpu, resident_bytes=memory, pods=pods)


def test_rules_are_loaded_and_evaluate(demo, monitoring):
    wait_for(lambda: any("Canary" in rule["name"] or "canary" in rule["name"] for rule in monitoring.rules()), 90, "the chart's rules in Prometheus")
    rules = wait_for(lambda: all(r["health"] == "ok" for r in monitoring.rules()) and monitoring.rules(), 60, "every rule to have been evaluated")
    assert [r for r in rules if r["type"] == "recording"] and [r for r in rules if r["type"] == "alerting"]
    errors = [(r["name"], r["lastError"]) for r in rules if r.get("lastError")]
    assert not errors
    record("rules", recording=sum(r["type"] == "recording" for r in rules), alerting=sum(r["type"] == "alerting" for r in rules))


def dashboard_queries(panels):
    for panel in panels:
        for target in panel.get("targets", []):
            yield panel.get("title", "?"), target["expr"]
        yield from dashboard_queries(panel.get("panels", []))


def test_every_query_of_the_dashboard_returns_data(demo, monitoring):
    maps = kube.get("configmaps", namespace=demo.namespace, selector="grafana_dashboard=1")
    assert len(maps) == 1
    dashboards = [json.loads(text) for text in maps[0]["data"].values()]
    queries = []
    for dashboard in dashboards:
        variables = {f"${entry['name']}": entry["query"] for entry in dashboard["templating"]["list"] if entry["type"] == "constant"}
        for title, query in dashboard_queries(dashboard["panels"]):
            for name, value in variables.items():
                query = query.replace(name, value)
            assert "$" not in query.replace('$"', ""), query
            queries.append((title, query))
    assert queries
    wait_for(lambda: not (empty := [entry for entry in queries if not monitoring.query(entry[1])]) or print(empty), 60, "data for every query")
    record("dashboard", queries=len(queries))
