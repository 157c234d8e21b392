"""The server's side of HTTP/1.1, byte by byte: framing, limits, time-outs, keep-alive, pipelining."""
import json
import os
import re
import resource
import socket
import time

import pytest

from support.programs import App, fetch, wait_until
from support.raw import Raw, exchange

HEAD = "GET /api/info HTTP/1.1\r\nHost: a\r\n"
GET = HEAD + "\r\n"


@pytest.fixture(scope="module")
def app():
    with App(CANARY_MAX_HEAD="2KiB", CANARY_MAX_BODY="4KiB") as running:
        yield running.ready()


def post(body="", fields="", path="/api/echo"):
    return f"POST {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}"


# name: (request, status)
REFUSED = {
    "folded field": (HEAD + "X: a\r\n b\r\n\r\n", 400),
    "blank before the first field": ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "blank before the colon": (HEAD + "X : a\r\n\r\n", 400),
    "field without a colon": (HEAD + "nonsense\r\n\r\n", 400),
    "field without a name": (HEAD + ": a\r\n\r\n", 400),
    "field name that is no token": (HEAD + "X(y): a\r\n\r\n", 400),
    "no Host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (HEAD + "Host: a\r\n\r\n", 400),
    "Host that is none": ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "line feed alone behind the request line": ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
    "line feed alone behind a field": ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
    "carriage return in a value": (HEAD + "X: a\rb\r\n\r\n", 400),
    "null in a value": (HEAD + "X: a\0b\r\n\r\n", 400),
    "null in the target": ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "fragment in the target": ("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two blanks in the request line": ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no version": ("GET /\r\n\r\n", 400),
    "lower-case version": ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    "version of three digits": ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    "HTTP/2 preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/3": ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "method that is no token": ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "method of 65 characters": ("M" * 65 + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "star for GET": ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "authority for GET": ("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "path for CONNECT": ("CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "length and chunks": (post("0\r\n\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
    "two equal lengths": (post("ab", "Content-Length: 2\r\nContent-Length: 2\r\n"), 400),
    "two different lengths": (post("ab", "Content-Length: 2\r\nContent-Length: 3\r\n"), 400),
    "list of lengths": (post("ab", "Content-Length: 2, 2\r\n"), 400),
    "signed length": (post("ab", "Content-Length: +2\r\n"), 400),
    "negative length": (post("", "Content-Length: -1\r\n"), 400),
    "hexadecimal length": (post("ab", "Content-Length: 0x2\r\n"), 400),
    "empty length": (post("ab", "Content-Length:\r\n"), 400),
    "last coding unknown": (post("", "Transfer-Encoding: xchunked\r\n"), 400),
    "chunked not last": (post("", "Transfer-Encoding: chunked, gzip\r\n"), 400),
    "chunked twice": (post("", "Transfer-Encoding: chunked, chunked\r\n"), 400),
    "two Transfer-Encodings": (post("", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400),
    "coding that is not known": (post("", "Transfer-Encoding: gzip, chunked\r\n"), 501),
    "chunks in HTTP/1.0": ("POST /api/echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunk size that is none": (post("z\r\n", "Transfer-Encoding: chunked\r\n"), 400),
    "chunk longer than its size": (post("2\r\nabc\r\n", "Transfer-Encoding: chunked\r\n"), 400),
    "chunk line with line feed alone": (post("2\nab\r\n", "Transfer-Encoding: chunked\r\n"), 400),
    "trailer that is no field": (post("0\r\nbad\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 400),
    "expectation unknown": (post("ab", "Content-Length: 2\r\nExpect: a-miracle\r\n"), 417),
    "body larger than the limit, announced": (post("", "Content-Length: 4097\r\n"), 413),
    "body larger than any number": (post("", "Content-Length: 99999999999999999999999\r\n"), 413),
    "body larger than the limit, in chunks": (post("1001\r\n" + "a" * 4097 + "\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 413),
    "body larger than the limit, in many chunks": (post(("400\r\n" + "a" * 1024 + "\r\n") * 4 + "1\r\na\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 413),
    "target longer than the limit": ("GET /" + "a" * 3000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "head larger than the limit": (HEAD + "X: " + "a" * 2048 + "\r\n\r\n", 431),
}


@pytest.mark.parametrize("request_, status", REFUSED.values(), ids=REFUSED.keys())
def test_ill_formed_message_is_refused_and_the_connection_closed(app, request_, status):
    with Raw(app.port) as raw:
        got = raw.send(request_).answer()
        assert (got.status, got.closes) == (status, True), got.body
        problem = json.loads(got.body)
        assert got["Content-Type"] == "application/problem+json"
        assert problem["status"] == status and problem["detail"] and problem["request_id"] == got["X-Request-Id"]
        assert raw.ended()


# name: request that is fine -> 200
TAKEN = {
    "empty lines before": "\r\n\r\n" + GET,
    "HTTP/1.2 as 1.1": GET.replace("HTTP/1.1", "HTTP/1.2"),
    "absolute target": "GET http://example.org/api/info?a=b HTTP/1.1\r\nHost: a\r\n\r\n",
    "absolute target without a path": "GET http://example.org HTTP/1.1\r\nHost: a\r\n\r\n",
    "empty Host": "GET /api/info HTTP/1.1\r\nHost:\r\n\r\n",
    "Host with an IPv6 address": "GET /api/info HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
    "no blank behind the colon": "GET /api/info HTTP/1.1\r\nHost:a\r\n\r\n",
    "field with bytes above 127": HEAD + "X: \xe4\r\n\r\n",
    "empty field": HEAD + "X:\r\n\r\n",
    "unknown method where any is answered": "PURGE /api/echo HTTP/1.1\r\nHost: a\r\n\r\n",
    "body of exactly the limit": post("a" * 4096, "Content-Length: 4096\r\n"),
    "chunks of exactly the limit": post("1000\r\n" + "a" * 4096 + "\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"),
    "coding in capitals": post("0\r\n\r\n", "Transfer-Encoding: CHUNKED\r\n"),
    "chunk extensions and trailers": post('2;a=b;c="d"\r\nab\r\n0\r\nHost: evil\r\n\r\n', "Transfer-Encoding: chunked\r\n"),
    "head of exactly the limit": HEAD + "X: " + "a" * (2048 - len(HEAD) - len("X: \r\n\r\n")) + "\r\n\r\n",
}


@pytest.mark.parametrize("request_", TAKEN.values(), ids=TAKEN.keys())
def test_well_formed_message_is_answered_and_the_connection_kept(app, request_):
    with Raw(app.port) as raw:
        first = raw.send(request_).answer()
        assert (first.status, first.closes) == (200, False)
        assert raw.send(GET).answer().status == 200


def test_head_one_byte_over_the_limit_gets_431(app):
    head = HEAD + "X: " + "a" * (2048 - len(HEAD) - len("X: \r\n\r\n") + 1) + "\r\n\r\n"
    assert exchange(app.port, head).status == 431


def test_any_split_of_the_bytes_gives_the_same_answer(app):
    body = "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: u\r\n\r\n"
    data = post(body, "Transfer-Encoding: chunked\r\n").encode()
    for cut in range(1, len(data), 3):
        with Raw(app.port) as raw:
            raw.send(data[:cut])
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            got = raw.send(data[cut:]).answer()
            assert json.loads(got.body)["body"] == "hello world"
    with Raw(app.port) as raw:
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            raw.send(bytes([byte]))
        assert json.loads(raw.answer().body)["body"] == "hello world"


def test_trailers_never_reach_the_header(app):
    got = exchange(app.port, post("0\r\nX-Late: 1\r\n\r\n", "Transfer-Encoding: chunked\r\n"))
    assert "X-Late" not in json.loads(got.body)["headers"]


def test_pipelined_requests_are_answered_in_order(app):
    count = 200
    with Raw(app.port) as raw:
        raw.send("".join(post(str(i), f"Content-Length: {len(str(i))}\r\n") for i in range(count)))
        assert [json.loads(raw.answer().body)["body"] for _ in range(count)] == [str(i) for i in range(count)]


def test_what_stands_behind_a_refused_message_is_not_served(app):
    with Raw(app.port) as raw:
        raw.send(GET + "GET / HTTP/1.1\r\n\r\n" + GET)
        assert raw.answer().status == 200
        assert raw.answer().status == 400
        assert raw.ended()


def test_connection_close_is_obeyed_and_announced(app):
    with Raw(app.port) as raw:
        assert raw.send(HEAD + "Connection: foo, Close\r\n\r\n").answer().closes
        assert raw.ended()


def test_http_1_0_closes_unless_asked_to_keep(app):
    with Raw(app.port) as raw:
        got = raw.send("GET /api/info HTTP/1.0\r\n\r\n").answer()
        assert got.closes and got.version == "HTTP/1.1"
        assert raw.ended()
    with Raw(app.port) as raw:
        for _ in range(2):
            assert raw.send("GET /api/info HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").answer()["Connection"] == "keep-alive"


def test_head_has_the_length_of_get_and_no_body(app):
    with Raw(app.port) as raw:
        got = raw.send(GET.replace("GET", "HEAD")).answer(head=True)
        assert got.status == 200 and int(got["Content-Length"]) > 0
        assert raw.send(GET).answer().status == 200


def test_unknown_path_wrong_method_and_options(app):
    assert exchange(app.port, GET.replace("/api/info", "/nothing")).status == 404
    got = exchange(app.port, GET.replace("GET", "DELETE"))
    assert (got.status, got["Allow"]) == (405, "GET, HEAD, OPTIONS")
    got = exchange(app.port, GET.replace("GET", "OPTIONS"))
    assert (got.status, got["Allow"], got["Content-Length"]) == (204, "GET, HEAD, OPTIONS", None)
    assert exchange(app.port, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status == 204


def test_expectation_is_met_before_the_body_is_read(app):
    with Raw(app.port) as raw:
        raw.send(post("", "Content-Length: 2\r\nExpect: 100-continue\r\n"))
        assert raw.answer().status == 100
        assert json.loads(raw.send("ab").answer().body)["body"] == "ab"
        # Too large, so nothing is asked for.
        raw.send(post("", "Content-Length: 5000\r\nExpect: 100-continue\r\n"))
        assert raw.answer().status == 413


def test_every_answer_has_one_date_and_the_version(app):
    got = exchange(app.port, GET)
    assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", got["Date"])
    assert (got["X-Canary-Version"], got["X-Canary-Track"]) == ("v1", "stable")


def test_request_id_is_taken_when_sane_and_made_otherwise(app):
    ask = lambda id_: exchange(app.port, HEAD + f"X-Request-Id: {id_}\r\n\r\n")["X-Request-Id"]
    assert ask("0af7651916cd43dd8448eb211c80319c") == "0af7651916cd43dd8448eb211c80319c"
    assert ask("a" * 128) == "a" * 128
    for bad in ("a" * 129, "a b", '"quoted"', "\xe4", ""):
        assert re.fullmatch("[0-9a-f]{32}", ask(bad))


def test_refused_messages_are_counted_under_unmatched():
    with App() as app:
        app.ready()
        exchange(app.port, "GET / HTTP/1.1\r\n\r\n")
        exchange(app.port, "\x16\x03\x01\x02")
        exchange(app.port, "DELETE /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        count = lambda **labels: app.metric("http_requests_total", path="unmatched", **labels)
        wait_until(lambda: count() == 3, "three answers counted")
        assert (count(method="GET", code="400"), count(method="other", code="400"), count(method="DELETE", code="404")) == (1, 1, 1)


def test_silent_and_slow_clients_lose_their_connection():
    with App(CANARY_IDLE_TIMEOUT="1s", CANARY_HEAD_TIMEOUT="1s", CANARY_BODY_TIMEOUT="1s") as app:
        app.ready()
        with Raw(app.port) as idle, Raw(app.port) as head, Raw(app.port) as body, Raw(app.port) as served:
            head.send(HEAD)
            body.send(post("a", "Content-Length: 2\r\n"))
            assert served.send(GET).answer().status == 200
            assert idle.ended()
            assert served.ended()
            for late in (head, body):
                got = late.answer()
                assert (got.status, got.closes) == (408, True)
                assert late.ended()


def test_slow_drip_of_a_head_does_not_extend_its_time():
    with App(CANARY_HEAD_TIMEOUT="1s") as app:
        app.ready()
        begin = time.monotonic()
        with Raw(app.port) as raw:
            raw.socket.settimeout(0.05)
            raw.send("GET / HTTP/1.1\r\n")
            while True:
                assert time.monotonic() - begin < 20
                raw.send("X: y\r\n")
                try:
                    raw._more()
                    break
                except TimeoutError:
                    pass
            raw.socket.settimeout(10)
            assert raw.answer().status == 408


def test_client_that_does_not_read_is_cut_and_others_are_served():
    with App(CANARY_WRITE_TIMEOUT="1s", CANARY_THREADS=1, CANARY_MAX_BODY="8MiB") as app:
        app.ready()
        with Raw(app.port) as stalled:
            stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            body = "a" * (7 * 1024 * 1024)
            stalled.send(post(body, f"Content-Length: {len(body)}\r\n"))
            assert fetch(app.url + "/api/info").status == 200
            wait_until(lambda: app.metric("http_connections_open") == 0, "the stalled connection to be cut")


def test_connections_over_the_limit_are_refused_and_counted():
    with App(CANARY_MAX_CONNECTIONS=4) as app:
        app.ready()
        kept = [Raw(app.port) for _ in range(4)]
        for raw in kept:
            assert raw.send(GET).answer().status == 200
        with Raw(app.port) as refused:
            got = refused.answer()
            assert (got.status, got.closes, got["Retry-After"]) == (503, True, "1")
            assert refused.ended()
        assert app.metric("http_connections_refused_total", reason="limit") == 1
        kept.pop().close()
        wait_until(lambda: app.metric("http_connections_open") == 3, "a place to become free")
        wait_until(lambda: exchange(app.port, GET).status == 200, "the free place to be given")
        for raw in kept:
            raw.close()


def test_running_out_of_descriptors_is_survived():
    with App() as app:
        app.ready()
        used = len(os.listdir(f"/proc/{app.process.pid}/fd"))
        resource.prlimit(app.process.pid, resource.RLIMIT_NOFILE, (used + 8, used + 8))
        many = [Raw(app.port) for _ in range(20)]
        wait_until(lambda: any(line.get("event") == "accept_failed" for line in app.log), "the failed accept in the log")
        for raw in many:
            raw.close()
        wait_until(lambda: exchange(app.port, GET).status == 200, "a connection to be served again")
        assert app.metric("http_connections_refused_total", reason="error") >= 1


def test_connections_spread_over_the_threads():
    with App(CANARY_THREADS=4) as app:
        app.ready()
        raws = [Raw(app.port) for _ in range(8)]
        for raw in raws:
            assert raw.send(GET).answer().status == 200
        assert app.metric("http_connections_open") == 8
        for raw in raws:
            raw.close()
        wait_until(lambda: app.metric("http_connections_open") == 0, "the connections to be gone")


def test_injected_faults_are_answered_logged_and_counted():
    with App(CANARY_FAULTS="on") as app:
        app.ready()
        put = lambda body: fetch(app.admin + "/api/faults", "PUT", json.dumps(body).encode(), {"Content-Type": "application/json"})
        assert put({"error_rate": 1, "error_status": 502, "routes": ["/api/info"]}).status == 200
        got = fetch(app.url + "/api/info")
        assert (got.status, got.headers["X-Canary-Fault"]) == (502, "error")
        assert fetch(app.url + "/api/echo").status == 200
        wait_until(lambda: app.metric("http_requests_total", path="/api/info", code="502") == 1, "the fault counted")
        assert app.metric("canary_fault_error_ratio") == 1
        line = app.event("server_error")
        assert line["status"] == 502 and line["request_id"] == got.headers["X-Request-Id"] and line["route"] == "/api/info"
        assert fetch(app.admin + "/api/faults", "DELETE").status == 204
        assert fetch(app.url + "/api/info").status == 200
        assert put({"error_rate": 2}).status == 400 and "error_rate" in put({"error_rate": 2}).json()["detail"]


def test_injected_latency_delays_only_its_route():
    with App(CANARY_FAULT_LATENCY="300ms", CANARY_FAULT_ROUTES="/api/info", CANARY_THREADS=1) as app:
        app.ready()
        begin = time.monotonic()
        with Raw(app.port) as slow:
            slow.send(GET)
            assert fetch(app.url + "/api/echo").status == 200
            assert slow.answer().status == 200
        assert time.monotonic() - begin >= 0.3


def test_injected_latency_beyond_the_handler_timeout_is_a_503():
    with App(CANARY_FAULT_LATENCY="20s", CANARY_HANDLER_TIMEOUT="500ms") as app:
        app.ready()
        with Raw(app.port) as raw:
            got = raw.send(GET).answer()
            assert (got.status, got.closes) == (503, True)
            assert raw.ended()
        wait_until(lambda: app.metric("canary_handlers_overdue") == 0, "the cancelled handler to end")
        assert app.metric("http_requests_total", path="/api/info", code="503") == 1
