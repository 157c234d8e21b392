"""Prometheus scraping four stable processes and one canary answers the two queries with what the client counted."""
import collections
import contextlib
import shutil
import subprocess

import pytest

from support.programs import App, fetch, wait_until
from support.prometheus import Prometheus

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")

REQUESTS = 'sum(rate(http_requests_total[5m])) by (version)'
ERRORS = 'sum(rate(http_requests_total{code=~"5.*"}[5m])) by (version)'


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Five pods scraped, then a known number of requests sent, a quarter of the canary's failing on purpose."""
    with contextlib.ExitStack() as stack:
        pods = [stack.enter_context(App("v1", "white", "stable")) for _ in range(4)]
        pods.append(stack.enter_context(App("v2", "green", "canary", CANARY_FAULTS="on")))
        for pod in pods:
            pod.ready()
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), [f"127.0.0.1:{pod.admin_port}" for pod in pods])
        stack.callback(prometheus.close)
        # The zero of each series is scraped before the first request, so that rate() sees every one.
        wait_until(lambda: prometheus.query("count(count_over_time(up[1m]) >= 2)").get("") == 5
                   and prometheus.query("sum(http_requests_total) by (version)") == {"v1": 0, "v2": 0}, "five targets scraped twice")
        fetch(pods[-1].admin + "/api/faults", method="PUT", body=b'{"error_rate": 0.25, "error_status": 503, "seed": 7}')
        sent = collections.Counter()
        for i in range(1000):
            pod = pods[i % 5]
            sent[pod.version, fetch(pod.url + "/api/info").status] += 1
        yield prometheus, pods, sent


def by_version(sent, failed):
    counted = {"v1": 0, "v2": 0}
    for (version, status), n in sent.items():
        if not failed or status >= 500:
            counted[version] += n
    return counted


@pytest.mark.parametrize("selector, failed", [("", False), ('{code=~"5.*"}', True)], ids=["requests", "errors"])
def test_every_request_that_the_client_counted_is_in_the_counters(story, selector, failed):
    prometheus, _, sent = story
    expected = by_version(sent, failed)
    assert expected["v2"] > 0
    wait_until(lambda: prometheus.query(f"sum(http_requests_total{selector}) by (version)") == expected, f"counters equal to {expected}")


@pytest.mark.parametrize("query, failed", [(REQUESTS, False), (ERRORS, True)], ids=["request rate", "error rate"])
def test_the_two_queries_answer_with_the_clients_numbers(story, query, failed):
    """rate() divides the increase, extrapolated to at most one scrape interval beyond each end, by the window's 300 s."""
    prometheus, _, sent = story
    expected = by_version(sent, failed)
    wait_until(lambda: prometheus.query("sum(http_requests_total) by (version)") == by_version(sent, False), "the last scrape")

    def agrees():
        got = prometheus.query(query)
        # Ten scrapes after the first, the extrapolation adds at most a tenth at each end.
        seen = prometheus.query("min(count_over_time(up[5m]))").get("", 0)
        return seen > 10 and got.keys() == expected.keys() and all(
            expected[v] * 0.99 <= got[v] * 300 <= expected[v] * 1.25 for v in expected)
    wait_until(agrees, f"{query} · 300 s near {expected}")


def test_cpu_and_memory_are_there_for_both_versions(story):
    prometheus, _, _ = story
    for metric in ("process_cpu_seconds_total", "process_resident_memory_bytes"):
        got = prometheus.query(f"sum({metric}) by (version)")
        assert got.keys() == {"v1", "v2"} and all(v > 0 for v in got.values()), (metric, got)


def test_promtool_has_nothing_to_say_about_the_exposition(story):
    _, pods, _ = story
    got = subprocess.run(["promtool", "check", "metrics"], input=fetch(pods[0].admin + "/metrics").text, text=True, capture_output=True)
    assert got.returncode == 0, got.stdout + got.stderr
