"""canaryctl smoke against the real app, and against answers that are wrong in one place each."""
import json
import os
import re

import pytest

from support.programs import APP, App, canaryctl, fetch, free_port
from support.servers import Server, answer, json_answer

needs_app = pytest.mark.skipif(not os.path.exists(APP), reason="canary-app is not built")

BOUNDS = ["0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.5", "2.5", "7.5", "+Inf"]


def metrics_text():
    """The metrics contract, written by hand: what a v2 canary serves."""
    identity = 'version="v2",track="canary"'
    lines = ["# TYPE http_requests_total counter",
             f'http_requests_total{{{identity},method="GET",path="/",code="200"}} 1',
             "# TYPE http_request_duration_seconds histogram"]
    lines += [f'http_request_duration_seconds_bucket{{{identity},method="GET",path="/",status="2xx",le="{le}"}} 1' for le in BOUNDS]
    lines += ["# TYPE canary_build_info gauge",
              f'canary_build_info{{{identity},color="green",revision="",config="abc",libcanary="0.1.0"}} 1',
              "# TYPE http_connections_refused_total counter",
              f'http_connections_refused_total{{{identity},reason="limit"}} 0']
    for kind, names in {
        "gauge": ["http_requests_in_flight", "http_connections_open", "canary_fault_error_ratio", "canary_handlers_overdue",
                  "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds", "process_start_time_seconds"],
        "counter": ["canary_log_dropped_total", "process_cpu_seconds_total"],
    }.items():
        for name in names:
            lines += [f"# TYPE {name} {kind}", f"{name}{{{identity}}} 0"]
    return "\n".join(lines) + "\n"


def good():
    info = {"version": "v2", "color": "green", "track": "canary", "revision": "", "config": "abc", "hostname": "h", "uptime_seconds": 1.5}
    return {
        "/": answer(b"<html>v2 green</html>", fields="Content-Type: text/html; charset=utf-8\r\n"),
        "/api/info": json_answer(info),
        "/healthz": answer(b"ok"),
        "/readyz": answer(b"ok"),
        "/metrics": answer(metrics_text(), fields="Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
    }


def site(answers):
    async def behave(reader, writer, server):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        if path == "/api/echo" and path not in answers:
            length = int(re.search(r"Content-Length: (\d+)", head)[1])
            body = (await reader.readexactly(length)).decode()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            writer.write(json_answer({"method": head.split(" ")[0], "headers": fields, "body": body}))
        else:
            writer.write(answers.get(path, answer(status="404 Not Found")))
        await writer.drain()
    return behave


def smoke(server, *arguments, version="v2", color="green"):
    run = canaryctl("smoke", server.url, "--version", version, "--color", color, "--admin", server.url, "-o", "json", *arguments)
    assert run.returncode in (0, 1), run.stderr
    report = json.loads(run.stdout)
    assert report["exit_code"] == run.returncode
    return report, {check["name"] for check in report["checks"] if not check["passed"]}


def test_a_target_as_it_should_be_passes_every_check():
    with Server(site(good())) as server:
        report, failed = smoke(server, "--track", "canary", "--config", "abc")
        assert not failed and report["verdict"] == "pass" and len(report["checks"]) > 30


@pytest.mark.parametrize("change, caught", [
    ({"/": answer(b"<html>v2 blue</html>", fields="Content-Type: text/html\r\n")}, {"page.color"}),
    ({"/": answer(b"v2 green")}, {"page.content_type"}),
    ({"/": answer(status="503 Busy")}, {"page.status"}),
    ({"/api/info": answer(b"{")}, {"api_info.content_type", "api_info.json"}),
    ({"/api/info": json_answer({"version": "v1"})},
     {f"api_info.{key}" for key in ("version", "color", "track", "revision", "config", "hostname", "uptime_seconds")}),
    ({"/api/echo": json_answer({"method": "GET", "headers": {}, "body": ""})}, {"api_echo.method", "api_echo.headers", "api_echo.body"}),
    ({"/healthz": answer(status="503 Stuck")}, {"healthz.status"}),
    ({"/readyz": answer(status="503 Draining")}, {"readyz.status"}),
    ({"/metrics": answer(b"<html>", fields="Content-Type: text/plain; version=0.0.4\r\n")}, {"metrics.format"}),
])
def test_what_is_wrong_is_the_check_that_fails(change, caught):
    with Server(site({**good(), **change})) as server:
        _, failed = smoke(server, "--track", "canary")
        assert failed == caught


@pytest.mark.parametrize("old, new, caught", [
    ('code="200"', 'status="200"', "metrics.http_requests_total"),
    ("http_requests_in_flight{", "http_requests_inflight{", "metrics.http_requests_in_flight"),
    ("# TYPE http_connections_open gauge", "# TYPE http_connections_open counter", "metrics.http_connections_open"),
    ('le="0.1"', 'le="0.2"', "metrics.http_request_duration_seconds.bounds"),
    ('process_open_fds{version="v2",track="canary"}', 'process_open_fds{version="v1",track="canary"}', "metrics.version"),
    ('process_open_fds{version="v2",track="canary"}', 'process_open_fds{version="v2",track="stable"}', "metrics.track"),
    ('color="green"', 'color="red"', "metrics.canary_build_info.color"),
    ('config="abc"', 'config="abd"', "metrics.canary_build_info.config"),
])
def test_a_metric_off_contract_is_found(old, new, caught):
    text = metrics_text()
    assert old in text
    changed = answer(text.replace(old, new), fields="Content-Type: text/plain; version=0.0.4\r\n")
    with Server(site({**good(), "/metrics": changed})) as server:
        _, failed = smoke(server, "--track", "canary", "--config", "abc")
        assert failed == {caught}


def test_expected_and_found_are_shown():
    with Server(site(good())) as server:
        run = canaryctl("smoke", server.url, "--version", "v3", "--color", "green", "--admin", server.url)
        assert run.returncode == 1 and re.search(r"FAIL  api_info.version\n\s+expected v3\n\s+found    v2\n", run.stdout)


def test_retries_go_on_until_it_is_right():
    answers = good()
    ready = answers.pop("/readyz")
    with Server(site(answers)) as server:
        report, failed = smoke(server, "--retries", 2, "--retry-delay", "10ms")
        assert failed == {"readyz.status"} and report["attempts"] == 3
        seen = server.requests
        server.behave = site({**answers, "/readyz": ready})
        report, failed = smoke(server, "--retries", 2, "--retry-delay", "10ms")
        assert not failed and report["attempts"] == 1 and seen == server.requests


def test_parts_can_be_left_out():
    with Server(site({"/api/info": good()["/api/info"]})) as server:
        run = canaryctl("smoke", server.url, "--version", "v2", "--color", "green", "--no-admin", "--skip", "page,echo")
        assert run.returncode == 0 and "api_info.version" in run.stdout and "metrics" not in run.stdout


def test_nobody_there_is_4_and_bad_usage_2():
    nobody = f"http://127.0.0.1:{free_port()}"
    run = canaryctl("smoke", nobody, "--version", "v2", "--color", "green", "--admin", nobody)
    assert run.returncode == 4 and "could not be reached" in run.stderr
    for arguments in (["--version", "v2"], ["--version", "v2", "--color", "red", "--track", "blue"],
                      ["--version", "v2", "--color", "red", "--skip", "pages"],
                      ["--version", "v2", "--color", "red", "--no-admin", "--admin", "http://a/"],
                      ["--version", "v2", "--color", "red", "--each", "--retries", "5"]):
        assert canaryctl("smoke", nobody, *arguments).returncode == 2


@needs_app
def test_the_real_app_passes_and_another_version_does_not():
    with App(version="v2", color="green", track="canary").ready() as app:
        info = fetch(app.url + "/api/info").json()
        arguments = ["smoke", app.url, "--admin", app.admin, "--color", "green", "--track", "canary", "--config", info["config"]]
        run = canaryctl(*arguments, "--version", "v2")
        assert run.returncode == 0, run.stdout
        run = canaryctl(*arguments, "--version", "v3")
        assert run.returncode == 1 and "expected v3" in run.stdout
