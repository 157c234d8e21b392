"""canaryctl budget from counts, and from a server that speaks Prometheus' HTTP API.

The real Prometheus is asked in test_budget_of_a_real_prometheus."""
import json
import shutil
import subprocess
import urllib.parse

import pytest

from support.programs import canaryctl, fetch, free_port, wait_until
from support.servers import Server, answer, json_answer


def budget(*arguments):
    run = canaryctl("budget", *arguments, "--output", "json")
    assert run.returncode in (0, 1, 3), run.stderr
    assert "inf" not in run.stdout.lower().replace("info", "") and "nan" not in run.stdout
    report = json.loads(run.stdout)
    assert report["exit_code"] == run.returncode
    return report


def one(*arguments):
    report = budget(*arguments)
    assert len(report["budgets"]) == 1
    return report["budgets"][0], report["verdict"]


def test_within():
    got, verdict = one("--slo", 99.9, "--window", "30d", "--total", 1_000_000, "--errors", 400)
    assert verdict == "pass" and got["state"] == "within"
    assert got["allowed_requests"] == 1000 and got["left_requests"] == 600 and got["spent_share"] == 0.4
    assert got["budget_minutes"] == pytest.approx(43.2) and got["left_minutes"] == pytest.approx(25.92)
    assert got["burn_rate"] == pytest.approx(0.4) and not any(row["exceeded"] for row in got["burn_table"])


def test_exhausted():
    got, verdict = one("--total", 1_000_000, "--errors", 7000)
    assert verdict == "fail" and got["state"] == "exhausted" and got["left_requests"] == -6000
    assert [row["exceeded"] for row in got["burn_table"]] == [False, True, True, True]


@pytest.mark.parametrize("arguments, verdict, state", [
    (["--slo", 100, "--total", 10, "--errors", 0], "pass", "no_budget"),
    (["--slo", 100, "--total", 10, "--errors", 1], "fail", "broken"),
    (["--total", 0, "--errors", 0], "inconclusive", "no_traffic"),
])
def test_edges_are_answered_in_words(arguments, verdict, state):
    got, said = one(*arguments)
    assert (said, got["state"]) == (verdict, state)
    assert got["burn_rate"] is None and got["spent_share"] is None and len(got["words"]) > 40
    text = canaryctl("budget", *arguments).stdout
    assert got["words"] in text and "nan" not in text and "inf " not in text


@pytest.mark.parametrize("arguments, said", [
    ([], "--prometheus URL"),
    (["--total", 5], "--errors"),
    (["--total", "nan", "--errors", 1], "--total: 'nan'"),
    (["--total", 5, "--errors", 6], "at most --total"),
    (["--total", 5, "--errors", -1], "--errors"),
    (["--slo", 0, "--total", 5, "--errors", 1], "above 0 and at most 100"),
    (["--slo", 100.1, "--total", 5, "--errors", 1], "above 0 and at most 100"),
    (["--total", 5, "--errors", 1, "--window", "30"], "with its unit"),
    (["--total", 5, "--errors", 1, "--over", "31d"], "longer than the window"),
    (["--prometheus", "http://a/", "--total", 5, "--errors", 1], "excludes"),
    (["--total", 5, "--errors", 1, "--metric", "x"], "requires"),
])
def test_bad_usage_is_said_and_exits_2(arguments, said):
    run = canaryctl("budget", *arguments)
    assert run.returncode == 2 and run.stdout == "" and said in run.stderr, run.stderr


def vector(**values):
    return {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"version": version}, "value": [1.0, value]} for version, value in values.items()]}}


def api(answers):
    """Prometheus' HTTP API; answers(query) gives the JSON."""
    async def behave(reader, writer, server):
        head = await server.head(reader)
        target = urllib.parse.urlsplit(head.split(" ")[1])
        query = urllib.parse.parse_qs(target.query).get("query", [""])[0]
        server.asked = getattr(server, "asked", []) + [query]
        if target.path.endswith("/status/flags"):
            writer.write(json_answer({"status": "success", "data": {"storage.tsdb.retention.time": "0s"}}))
        elif query == "time()":
            writer.write(json_answer({"status": "success", "data": {"resultType": "scalar", "result": [5.5, "5.5"]}}))
        else:
            assert "time=5.5" in target.query, target.query
            writer.write(answers(query))
        await writer.drain()
    return behave


def test_versions_and_rules_from_prometheus():
    def answers(query):
        failed = "5.*" in query
        # v2 burns at 20 (2 % of 0.1 %) in every window but the last 30 minutes; v1 at 0.5.
        quiet = "[1800000ms]" in query
        return json_answer(vector(v1="0.5", v2="0" if quiet else "2") if failed else vector(v1="1000", v2="100"))

    with Server(api(answers)) as server:
        report = budget("--prometheus", server.url + "/prefix/", "--selector", 'namespace="shop"')
        assert 'sum by (version) (increase(http_requests_total{namespace="shop"}[2592000000ms]))' in server.asked
        assert 'sum by (version) (increase(http_requests_total{namespace="shop",code=~"5.*"}[3600000ms]))' in server.asked
        assert all("GET /prefix/api/v1/" in head for head in server.heads)
    by_version = {got["version"]: got for got in report["budgets"]}
    assert set(by_version) == {"v1", "v2", "all"} and report["verdict"] == "fail"
    assert by_version["all"]["total"] == 1100 and by_version["all"]["errors"] == 2.5
    assert [rule["firing"] for rule in by_version["v2"]["rules"]] == [True, False, True, True]
    assert by_version["v2"]["rules"][1]["short_rate"] == 0 and by_version["v2"]["rules"][1]["long_rate"] == pytest.approx(20)
    assert not any(rule["firing"] for rule in by_version["v1"]["rules"])
    assert any("keeps 15d only" in note for note in report["notes"])


def test_nan_and_nothing_from_prometheus_are_answered_in_words():
    with Server(api(lambda query: json_answer(vector(v1="NaN")))) as server:
        report = budget("--prometheus", server.url)
        assert report["verdict"] == "inconclusive" and report["budgets"][0]["state"] == "not_a_number"
        assert "NaN" in report["budgets"][0]["words"] and report["budgets"][0]["total"] is None
    with Server(api(lambda query: json_answer(vector()))) as server:
        report = budget("--prometheus", server.url)
        assert report["verdict"] == "inconclusive" and "no http_requests_total" in report["notes"][0]


@pytest.mark.parametrize("data, said", [
    (answer(b'{"status":"error","errorType":"bad_data","error":"parse error: oops"}', status="400 Bad Request"), "parse error: oops"),
    (answer(b"<html>"), "is this a Prometheus server?"),
    (answer(b"gone", status="404 Not Found"), "status 404, expected 200"),
    (json_answer({"status": "success", "data": {"resultType": "matrix", "result": []}}), "vector or scalar expected"),
])
def test_an_answer_that_is_no_result_is_named(data, said):
    with Server(api(lambda query: data)) as server:
        run = canaryctl("budget", "--prometheus", server.url)
        assert run.returncode == 3 and said in run.stderr and server.url in run.stderr and "query `sum by" in run.stderr


def test_no_prometheus_is_unreachable():
    run = canaryctl("budget", "--prometheus", f"http://127.0.0.1:{free_port()}")
    assert run.returncode == 4 and "refused" in run.stderr


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed")
@pytest.mark.parametrize("flags, kept", [([], "15d"), (["--storage.tsdb.retention.time=14d"], "14d")])  # 14d: told as 2w
def test_budget_of_a_real_prometheus(tmp_path, flags, kept):
    count = {"scrapes": 0}

    async def exporter(reader, writer, server):
        while True:
            await server.head(reader)
            count["scrapes"] += 1
            n = count["scrapes"]
            writer.write(answer('http_requests_total{version="v1",code="200"} %d\n'
                                'http_requests_total{version="v2",code="200"} %d\n'
                                'http_requests_total{version="v2",code="503"} %d\n' % (800 * n, 150 * n, 50 * n),
                                fields="Content-Type: text/plain; version=0.0.4\r\n"))
            await writer.drain()

    with Server(exporter) as server:
        (tmp_path / "p.yml").write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: a, static_configs: "
            f"[{{targets: ['127.0.0.1:{server.port}']}}]}}]\n")
        port = free_port()
        process = subprocess.Popen(["prometheus", f"--config.file={tmp_path}/p.yml", f"--storage.tsdb.path={tmp_path}/data",
                                    f"--web.listen-address=127.0.0.1:{port}", *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: count["scrapes"] > 10, "scrapes", 60)
            report = budget("--prometheus", f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()
    by_version = {got["version"]: got for got in report["budgets"]}
    assert by_version["v1"]["errors"] == 0 and by_version["v1"]["state"] == "within"
    assert by_version["v2"]["error_ratio"] == pytest.approx(0.25) and by_version["v2"]["burn_rate"] == pytest.approx(250)
    assert by_version["all"]["error_ratio"] == pytest.approx(0.05) and report["verdict"] == "fail"
    assert all(rule["firing"] for rule in by_version["v2"]["rules"])
    assert any(f"keeps {kept} only" in note for note in report["notes"])
