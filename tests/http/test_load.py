"""canaryctl load against servers that refuse, reset, stall and cut, and against wrk's count."""
import asyncio
import json
import re
import shutil
import signal
import subprocess

import pytest

from support.programs import CANARYCTL, canaryctl, free_port, wait_until
from support.servers import Server, always, answer, nth, reset


def load(url, *arguments, timeout=120):
    run = canaryctl("load", url, "--output", "json", *arguments, timeout=timeout)
    assert run.returncode in (0, 1, 3, 4), run.stderr
    report = json.loads(run.stdout)
    assert report["exit_code"] == run.returncode
    # Whatever happened, nothing is lost from the count.
    assert report["due"] == report["sent"] + report["unsent"]
    assert report["sent"] == sum(report["statuses"].values()) + sum(report["outcomes"].values())
    assert report["sent"] == report["ok"] + report["failed"]
    return report


def only(report, outcome):
    return {name for name, count in report["outcomes"].items() if count} == ({outcome} if outcome else set())


@pytest.mark.parametrize("fresh", [False, True], ids=["kept", "fresh"])
def test_every_request_of_the_schedule_is_sent_and_counted(fresh):
    with Server(always(answer(b"12345"))) as server:
        report = load(server.url, "--rate", 200, "--duration", "1s", *(["--fresh"] if fresh else []))
        assert report["due"] == report["ok"] == server.requests == 200
        assert report["statuses"] == {"200": 200} and only(report, None)
        assert report["body_bytes"] == 200 * 5
        assert report["connections_opened"] == server.connections == (200 if fresh else 16)
        assert ("Connection: close" in server.heads[0]) == fresh
        assert report["verdict"] == "pass"


def test_refused_is_unreachable():
    run = canaryctl("load", f"http://127.0.0.1:{free_port()}/", "--rate", 50, "--duration", "200ms", "-o", "json")
    report = json.loads(run.stdout)
    assert run.returncode == 4 and report["outcomes"]["refused"] == 10 and only(report, "refused")
    assert "could not be reached" in run.stderr and "refused" in run.stderr


def test_a_name_that_does_not_resolve_is_unreachable():
    report = load("http://no-such-host.invalid/", "--rate", 5, "--duration", "200ms", "--connections", 1, "--timeout", "20s")
    assert report["exit_code"] == 4 and report["outcomes"]["unreachable"] >= 1 and "resolve" in report["first_error"]


async def reset_at_once(reader, writer, server):
    await server.head(reader)
    reset(writer)


async def close_without_answer(reader, writer, server):
    await server.head(reader)


async def stall(reader, writer, server):
    await server.head(reader)
    await asyncio.sleep(600)


async def stall_in_body(reader, writer, server):
    await server.head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
    await asyncio.sleep(600)


async def reset_in_body(reader, writer, server):
    await server.head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


@pytest.mark.parametrize("behave, outcome", [
    (reset_at_once, "reset"),
    (close_without_answer, "reset"),
    (stall, "timeout"),
    (stall_in_body, "timeout"),
    (reset_in_body, "cut"),
    (always(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", close=True), "cut"),
    (always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", close=True), "cut"),
    (always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", close=True), "cut"),
    (always(b"HTTP/1.1 200 O", close=True), "cut"),
    (always(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", close=True), "malformed"),
    (always(b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n", close=True), "malformed"),
    (always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", close=True), "malformed"),
    (always(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", close=True), "malformed"),
], ids=["reset", "closed", "stall", "stall-body", "reset-body", "cut-length", "cut-chunk", "cut-last-chunk", "cut-head",
        "no-http", "bad-length", "bad-chunk", "huge-head"])
@pytest.mark.parametrize("fresh", [False, True], ids=["kept", "fresh"])
def test_a_bad_server_is_told_by_its_outcome(behave, outcome, fresh):
    with Server(behave) as server:
        # A reset may overtake what was sent before it, so patience is long wherever no timeout is wanted.
        patience = "700ms" if outcome == "timeout" else "20s"
        report = load(server.url, "--rate", 40, "--duration", "250ms", "--connections", 20, "--timeout", patience,
                      *(["--fresh"] if fresh else []))
        assert report["exit_code"] == 1
        assert report["failed"] == report["outcomes"][outcome] == 10 and only(report, outcome), report


@pytest.mark.parametrize("data", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\n\r\nok",  # the body ends with the connection
], ids=["announced", "http10", "until-close"])
def test_a_connection_that_the_server_announced_to_close_is_no_failure(data):
    with Server(always(data, close=True)) as server:
        report = load(server.url, "--rate", 100, "--duration", "500ms", "--connections", 4)
        assert report["ok"] == 50 and report["body_bytes"] == 100 and only(report, None)
        assert server.connections == report["connections_opened"] == 50


def test_a_connection_closed_while_idle_is_replaced_and_counts_nothing():
    async def close_when_idle(reader, writer, server):
        await server.head(reader)
        writer.write(answer())
        await writer.drain()
        writer.close()

    with Server(close_when_idle) as server:
        # One connection and 250 ms between requests: the close arrives long before the next request.
        report = load(server.url, "--rate", 4, "--duration", "1s", "--connections", 1)
        assert report["ok"] == 4 and report["connections_opened"] == 4


def test_chunked_informational_and_empty_answers_are_whole():
    kinds = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"12345"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    ]
    with Server(nth(lambda n: kinds[n % 4])) as server:
        report = load(server.url, "--rate", 80, "--duration", "500ms", "--connections", 1)
        assert report["statuses"] == {"200": 20, "204": 10, "304": 10} and report["exit_code"] == 0
        assert report["body_bytes"] == 20 * 5 and report["connections_opened"] == 1


def test_head_has_no_body_whatever_its_length_says():
    with Server(always(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")) as server:
        report = load(server.url, "--method", "HEAD", "--rate", 50, "--duration", "200ms", "--connections", 1)
        assert report["ok"] == 10 and report["body_bytes"] == 0 and report["connections_opened"] == 1
        assert server.heads[0].startswith("HEAD / ")


def test_statuses_are_counted_each_and_400_and_above_fail_unless_allowed():
    codes = ["200 OK", "302 Found", "404 Not Found", "503 Service Unavailable"]
    with Server(nth(lambda n: answer(status=codes[n % 4]))) as server:
        arguments = (server.url, "--rate", 80, "--duration", "500ms", "--connections", 1)
        report = load(*arguments)
        assert report["statuses"] == {"200": 10, "302": 10, "404": 10, "503": 10}
        assert report["failed"] == 20 and report["exit_code"] == 1
        assert load(*arguments, "--allow", "404")["failed"] == 10
        assert load(*arguments, "--allow", "404,503")["exit_code"] == 0
        assert load(*arguments, "--max-failures", 20)["exit_code"] == 0
        assert load(*arguments, "--max-failures", 19)["exit_code"] == 1


def test_one_failed_request_among_many_is_found():
    with Server(nth(lambda n: answer(status="500 Oops" if n == 137 else "200 OK"))) as server:
        report = load(server.url, "--rate", 400, "--duration", "500ms")
        assert report["failed"] == 1 and report["exit_code"] == 1


def test_latency_counts_the_wait_that_a_stall_caused():
    """One connection, a stall of 1 s in the middle: the requests that it delayed are late, not only the one it hit."""
    async def one_stall(reader, writer, server):
        while True:
            await server.head(reader)
            if server.requests == 20:
                await asyncio.sleep(1)
            writer.write(answer())

    with Server(one_stall) as server:
        report = load(server.url, "--rate", 100, "--duration", "2s", "--connections", 1, "--timeout", "20s")
        assert report["ok"] == 200 and report["exit_code"] == 0
        # A closed loop would have one slow request in 200; here about 100 waited, half of these over 0.5 s.
        assert report["latency_ms"]["p90"] > 500, report
        assert report["latency_ms"]["max"] >= 1000
        assert report["slip_ms"]["max"] > 800 and not report["held_rate"]


def test_what_could_not_be_sent_is_said_and_inconclusive():
    async def slow(reader, writer, server):
        while True:
            await server.head(reader)
            await asyncio.sleep(0.5)
            writer.write(answer())

    with Server(slow) as server:
        run = canaryctl("load", server.url, "--rate", 100, "--duration", "1s", "--connections", 2, "--timeout", "2s")
        assert run.returncode == 3, run.stdout
        assert "NOT HELD" in run.stdout and "never sent" in run.stdout and "all 2 connections were busy" in run.stdout


def test_method_headers_host_and_data_go_out(tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"from a file")
    with Server(always(answer())) as server:
        load(server.url + "/a?b=%20c", "-H", "Host: canary-demo.local", "-H", "X-One: 1", "--data", "hello", "-r", 10, "-d", "100ms")
        head = server.heads[-1]
        assert head.startswith("POST /a?b=%20c HTTP/1.1\r\nHost: canary-demo.local\r\n") and head.count("Host:") == 1
        assert "X-One: 1\r\n" in head and "Content-Length: 5\r\n" in head
        load(server.url, "--data", f"@{body}", "-X", "PUT", "-r", 10, "-d", "100ms")
        assert server.heads[-1].startswith("PUT / ") and "Content-Length: 11\r\n" in server.heads[-1]


@pytest.mark.parametrize("arguments, said", [
    (["https://a/"], "https is not supported"),
    (["localhost:8080"], "expected http://"),
    (["http://a/", "--rate", "0"], "--rate: '0': expected a number above 0 and at most 100000"),
    (["http://a/", "--rate", "100001"], "at most 100000"),
    (["http://a/", "--rate", "nan"], "expected a number"),
    (["http://a/", "--duration", "5"], "a duration with its unit"),
    (["http://a/", "--duration", "25h"], "to 1d"),
    (["http://a/", "--connections", "0"], "from 1 to 10,000"),
    (["http://a/", "--header", "no colon"], "'Name: value'"),
    (["http://a/", "--header", "Content-Length: 5"], "cannot be set"),
    (["http://a/", "--method", "G T"], "no method"),
    (["http://a/", "--data", "@/no/such/file"], "/no/such/file"),
    (["http://a/", "--data", "@/"], "--data: cannot read '/'"),
    (["http://a/", "--data", "@/dev/zero"], "larger than 64 MiB"),
    (["http://a/", "--allow", "99"], "status codes from 200 to 599"),
    (["http://a/", "--output", "xml"], "--output"),
    ([], "url is required"),
    (["--rat=5"], "not expected: --rat=5"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_usage_is_said_and_exits_2(arguments, said):
    run = canaryctl("load", *arguments)
    assert run.returncode == 2 and run.stdout == "" and said in run.stderr, run.stderr


def test_ctrl_c_ends_it_with_a_report():
    with Server(always(answer())) as server:
        process = subprocess.Popen([CANARYCTL, "load", server.url, "--rate", "50", "--duration", "10m", "-o", "json"],
                                   stdout=subprocess.PIPE, text=True)
        wait_until(lambda: server.requests > 5, "requests")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        report = json.loads(out)
        assert report["interrupted"] and report["ok"] == report["due"] == server.requests and process.returncode == 0


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_the_count_is_what_wrk_and_the_server_count():
    """wrk as the second opinion on the server that both are counted by, then the load beside it at once."""
    with Server(always(answer(b"x" * 100))) as server:
        out = subprocess.run(["wrk", "-t1", "-c4", "-d1s", server.url], capture_output=True, text=True, timeout=60).stdout
        wrk_requests = int(re.search(r"(\d+) requests in", out)[1])
        counted = server.requests
        # wrk leaves at most one unfinished request on each of its connections.
        assert wrk_requests <= counted <= wrk_requests + 4
        assert "Socket errors" not in out

        rate = max(20, min(1000, wrk_requests // 4))
        report = load(server.url, "--rate", rate, "--duration", "1s", "--connections", 4, "--timeout", "30s")
        assert report["ok"] == rate == server.requests - counted
        assert report["body_bytes"] == 100 * rate


def test_a_load_over_a_kept_port_of_ipv6():
    import socket
    try:
        probe = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    port = probe.getsockname()[1]
    probe.close()
    run = canaryctl("load", f"http://[::1]:{port}/", "--rate", 10, "--duration", "100ms", "-o", "json")
    assert run.returncode == 4 and json.loads(run.stdout)["outcomes"]["refused"] == 1
