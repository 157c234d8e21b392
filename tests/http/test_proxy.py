"""The demo's reverse proxy in front of servers that answer, stall, refuse, reset and cut."""
import hashlib
import http.client
import math
import socket
import subprocess
import threading
import time

import pytest

from support.pods import PROXY, Listener, Pod, Proxy, respond
from support.programs import wait_until


@pytest.fixture
def proxy():
    with Proxy() as one:
        yield one


def get(proxy, method="GET", path="/", body=None, headers=None, **kwargs):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    connection.request(method, path, body, headers or {}, **kwargs)
    answer = connection.getresponse()
    answer.data = answer.read()
    connection.close()
    return answer


def raw(proxy, text):
    """Everything the proxy sends back for these bytes until it closes."""
    connection = proxy.connect()
    connection.send(text)
    while connection.more():
        pass
    return connection.buffer


def settled(proxy):
    """The counts once no request is under way."""
    def look():
        counts = proxy.counts()
        return all(pod["in_flight"] == 0 for pod in counts["pods"].values()) and counts
    return wait_until(look, "no request under way")


# What passes


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_big_bodies_stream_both_ways_at_once(proxy, chunked):
    """The pod echoes each piece as it comes: only a proxy that relays both ways at once gets to the end."""
    def echo(connection, line, fields):
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in connection.body(fields):
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send("0\r\n\r\n")

    proxy.add("a", Pod(echo))
    block, blocks = bytes(range(256)) * 256, 512  # 32 MiB
    sent = hashlib.sha256(block * blocks).hexdigest()
    connection = proxy.connect()

    def send():
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(block) * blocks}"
        connection.send(f"POST /echo HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n")
        for _ in range(blocks):
            connection.send(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
        if chunked:
            connection.send("0\r\n\r\n")

    sender = threading.Thread(target=send)
    sender.start()
    line, fields = connection.head()
    got = hashlib.sha256()
    for piece in connection.body(fields):
        got.update(piece)
    sender.join()
    assert line.startswith("HTTP/1.1 200") and got.hexdigest() == sent
    assert settled(proxy)["pods"]["a"]["statuses"] == {"200": 1}


def test_memory_stays_bounded_when_the_client_does_not_read(proxy):
    """A pod that would send for ever is stopped by backpressure, not by the proxy's memory."""
    sent = []

    def flood(connection, line, fields):
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        block = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        while True:
            connection.send(block)
            sent.append(1)

    proxy.add("a", Pod(flood))
    connection = proxy.connect()
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    def stalled():
        before = len(sent)
        time.sleep(0.3)
        return before > 0 and len(sent) == before
    wait_until(stalled, "the pod is held back")
    rss = next(line for line in open(f"/proc/{proxy.process.pid}/status") if line.startswith("VmRSS"))
    assert int(rss.split()[1]) < 64 * 1024, rss
    connection.sock.close()
    assert wait_until(lambda: settled(proxy)["pods"]["a"]["client_gone"] == 1, "counted as the client's end")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_any_method_and_body_passes(proxy, method):
    pod = proxy.add("a", Pod())
    answer = get(proxy, method, "/a%20b?c=d&e=%2F", b"body" * 10, {"Host": "canary-demo.local", "X-Own": "1"})
    assert (answer.status, answer.data) == (200, b"body" * 10)
    line, fields = pod.requests[0]
    assert line == f"{method} /a%20b?c=d&e=%2F HTTP/1.1"
    assert ("host", "canary-demo.local") in fields and ("x-own", "1") in fields


def test_head_has_the_length_but_no_body(proxy):
    proxy.add("a", Pod(lambda c, line, fields: c.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")))
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    for _ in range(3):
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "1234", b"")
    assert settled(proxy)["pods"]["a"]["connections"] == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_body_keep_both_connections(proxy, status):
    proxy.add("a", Pod(lambda c, line, fields: c.send(f"HTTP/1.1 {status}\r\nETag: \"x\"\r\n\r\n")))
    connection = proxy.connect()
    for _ in range(3):
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        line, fields = connection.head()
        assert line == f"HTTP/1.1 {status}" and "content-length" not in dict(fields) and connection.buffer == b""
    assert settled(proxy)["pods"]["a"]["connections"] == 1


def test_expect_100_continue_is_answered_by_the_pod(proxy):
    def careful(connection, line, fields):
        assert ("expect", "100-continue") in fields
        connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        respond(connection, body=b"".join(connection.body(fields)))

    proxy.add("a", Pod(careful))
    connection = proxy.connect()
    connection.send("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    line, fields = connection.head()
    assert line == "HTTP/1.1 100 Continue" and "transfer-encoding" not in dict(fields)
    connection.send(b"hello")
    line, fields = connection.head()
    assert line == "HTTP/1.1 200 OK" and b"".join(connection.body(fields)) == b"hello"


def test_an_early_answer_reaches_a_client_that_still_sends(proxy):
    def refuse(connection, line, fields):
        connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        connection.sock.shutdown(socket.SHUT_WR)
        while connection.more():
            connection.buffer = b""
        return "close"

    proxy.add("a", Pod(refuse))
    connection = proxy.connect()
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + "x" * 1000)
    line, fields = connection.head()
    assert line.startswith("HTTP/1.1 413") and dict(fields)["connection"] == "close"
    assert b"".join(connection.body(fields)) == b"big"
    assert settled(proxy)["pods"]["a"]["statuses"] == {"413": 1}


def test_http_1_0_gets_no_chunks(proxy):
    def chunked(connection, line, fields):
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n")

    proxy.add("a", Pod(chunked))
    got = raw(proxy, "GET / HTTP/1.0\r\n\r\n")
    head, body = got.split(b"\r\n\r\n", 1)
    assert body == b"hello world" and b"chunked" not in head.lower() and b"Connection: close" in head
    assert get(proxy).data == b"hello world"


def test_a_body_that_ends_with_the_connection_is_chunked_for_http_1_1(proxy):
    def until_close(connection, line, fields):
        connection.send("HTTP/1.0 200 OK\r\n\r\nall of it")
        return "close"

    proxy.add("a", Pod(until_close))
    answer = get(proxy)
    assert answer.data == b"all of it" and answer.headers["Transfer-Encoding"] == "chunked"


def test_hop_by_hop_fields_stop_here(proxy):
    def answer(connection, line, fields):
        respond(connection, fields=[("Connection", "X-Gone"), ("X-Gone", "1"), ("Keep-Alive", "timeout=5"), ("X-Kept", "2")])

    pod = proxy.add("a", Pod(answer))
    got = get(proxy, headers={"Connection": "X-Private, Upgrade", "X-Private": "1", "Upgrade": "websocket", "TE": "trailers",
                              "Proxy-Authorization": "Basic eA==", "X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https",
                              "Via": "1.1 other", "X-Kept": "2"})
    fields = dict(pod.requests[0][1])
    assert not {"connection", "x-private", "upgrade", "te", "proxy-authorization"} & fields.keys()
    assert fields["x-forwarded-for"] == "10.1.2.3, 127.0.0.1" and fields["x-forwarded-proto"] == "http"
    assert fields["via"] == "1.1 other, 1.1 canaryctl" and fields["x-kept"] == "2"
    assert got.headers["X-Gone"] is None and got.headers["Keep-Alive"] is None and got.headers["X-Kept"] == "2"
    assert got.headers["Via"] == "1.1 canaryctl"


def test_connection_cannot_take_host_or_length_away(proxy):
    pod = proxy.add("a", Pod())
    got = raw(proxy, "POST / HTTP/1.1\r\nHost: x\r\nConnection: Host, Content-Length, close\r\nContent-Length: 2\r\n\r\nhi")
    assert got.startswith(b"HTTP/1.1 200") and got.endswith(b"hi")
    assert dict(pod.requests[0][1])["host"] == "x"


def test_an_absolute_target_sets_the_host(proxy):
    pod = proxy.add("a", Pod())
    raw(proxy, "GET http://real.example:81?q=1 HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
    line, fields = pod.requests[0]
    assert line == "GET /?q=1 HTTP/1.1" and [v for n, v in fields if n == "host"] == ["real.example:81"]


def test_pipelined_requests_are_answered_in_order(proxy):
    pod = proxy.add("a", Pod(lambda c, line, fields: respond(c, body=line.split()[1].encode())))
    got = raw(proxy, "".join(f"GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n" for i in range(20)) +
              "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [part.split(b"\r\n\r\n")[1] for part in got.split(b"HTTP/1.1 200 OK")[1:]] == \
        [b"/%d" % i for i in range(20)] + [b"/last"]
    assert pod.http.connections == 1


@pytest.mark.parametrize("request_head, status", [
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n", 400),
    ("GET / HTTP/1.1\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400),
    ("GET relative HTTP/1.1\r\nHost: x\r\n", 400),
    ("CONNECT x:443 HTTP/1.1\r\nHost: x\r\n", 501),
    ("GET / HTTP/2.0\r\nHost: x\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: " + "y" * 70000 + "\r\n", 431),
], ids=lambda value: str(value)[:60].replace("\r\n", "|"))
def test_ambiguous_requests_reach_no_pod(proxy, request_head, status):
    pod = proxy.add("a", Pod())
    got = raw(proxy, request_head + "\r\n")
    assert got.startswith(b"HTTP/1.1 %d " % status) and b"Connection: close" in got, got
    assert pod.requests == [] and proxy.counts()["rejected"] == 1


def test_broken_chunks_end_the_connection_with_400(proxy):
    pod = proxy.add("a", Pod())
    got = raw(proxy, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 ") and got.count(b"HTTP/1.1") == 1
    assert "GET /smuggled HTTP/1.1" not in [line for line, _ in pod.requests]
    assert settled(proxy)["pods"]["a"]["reset"] == 0


# Who gets it


def test_the_draw_follows_the_weight_and_x_canary_decides_instead(proxy):
    stable, canary = proxy.add("s", Pod()), proxy.add("c", Pod(), "canary", "v2")
    proxy.command("weight", 20)
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)

    def many(n, headers={}):
        before = len(stable.requests), len(canary.requests)
        for _ in range(n):
            connection.request("GET", "/", headers=headers)
            connection.getresponse().read()
        return len(stable.requests) - before[0], len(canary.requests) - before[1]

    n = 3000
    share = many(n)[1] / n
    assert abs(share - 0.2) < 5 * math.sqrt(0.2 * 0.8 / n)
    assert many(50, {"X-Canary": "always"}) == (0, 50)
    assert many(50, {"X-Canary": "never"}) == (50, 0)
    proxy.command("weight", 0)
    assert many(50) == (50, 0)
    proxy.command("weight", 100)
    assert many(50) == (0, 50)
    counts = settled(proxy)["pods"]
    assert (counts["c"]["forced"], counts["s"]["forced"]) == (50, 50)


def test_a_pod_that_is_not_ready_gets_nothing(proxy):
    one, two = proxy.add("a", Pod()), proxy.add("b", Pod())
    assert {get(proxy).status for _ in range(40)} == {200} and one.requests and two.requests
    two.ready = False
    wait_until(lambda: not proxy.counts()["pods"]["b"]["ready"], "b is seen as not ready")
    before = len(two.requests)
    assert {get(proxy).status for _ in range(40)} == {200}
    assert len(two.requests) == before
    two.ready = True
    wait_until(lambda: proxy.counts()["pods"]["b"]["ready"], "b is seen as ready")
    assert {get(proxy).status for _ in range(40)} == {200}
    assert len(two.requests) > before


def test_a_track_without_ready_pods_costs_its_share(proxy):
    stable, canary = proxy.add("s", Pod()), proxy.add("c", Pod(), "canary")
    canary.ready = False
    wait_until(lambda: not proxy.counts()["pods"]["c"]["ready"], "c is seen as not ready")
    proxy.command("weight", 50)
    statuses = [get(proxy).status for _ in range(100)]
    counts = settled(proxy)
    assert set(statuses) == {200, 503} and counts["no_ready_canary"] == statuses.count(503)
    assert len(stable.requests) == statuses.count(200) and canary.requests == []


def test_connections_are_reused_and_an_announced_close_is_obeyed(proxy):
    def answer(connection, line, fields):
        closing = "last" in line
        respond(connection, fields=[("Connection", "close")] if closing else [])
        return "close" if closing else None

    pod = proxy.add("a", Pod(answer))
    for _ in range(10):
        assert get(proxy).status == 200
    assert pod.http.connections == 1
    assert get(proxy, path="/last").status == 200
    for _ in range(10):
        assert get(proxy).status == 200
    assert pod.http.connections == 2
    assert settled(proxy)["pods"]["a"]["statuses"] == {"200": 21}


def test_a_connection_closed_while_idle_loses_nothing(proxy):
    def answer(connection, line, fields):
        respond(connection)
        return "close"  # unannounced

    pod = proxy.add("a", Pod(answer))
    for _ in range(20):
        assert get(proxy).status == 200
        time.sleep(0.02)  # the end of the connection must have arrived; then the proxy must see it
    assert pod.http.connections == 20


# What a pod loses is counted once, against that pod


def failing(answer, timeout=20000):
    return Proxy(timeout), Pod(answer)


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", b"x" * 100000)], ids=["without body", "with body"])
def test_a_reset_is_counted_and_never_tried_again(proxy, method, body):
    other = proxy.add("good", Pod(), "canary")
    pod = proxy.add("bad", Pod(lambda connection, line, fields: connection.reset()))
    proxy.command("weight", 0)
    for i in range(1, 6):
        assert get(proxy, method, "/x", body).status == 502
        counts = settled(proxy)
        assert counts["pods"]["bad"]["reset"] == i == len(pod.requests) == counts["pods"]["bad"]["requests"]
    assert other.requests == [] and "bad (v1)" in counts["failures"][-1] and f"{method} /x" in counts["failures"][-1]


def test_a_close_without_answer_on_a_reused_connection_is_not_tried_again(proxy):
    def once(connection, line, fields):
        if "lost" in line:
            return "close"
        respond(connection)

    pod = proxy.add("a", Pod(once))
    assert get(proxy).status == 200
    assert get(proxy, path="/lost").status == 502
    assert [line for line, _ in pod.requests] == ["GET / HTTP/1.1", "GET /lost HTTP/1.1"]
    assert pod.http.connections == 1 and settled(proxy)["pods"]["a"]["reset"] == 1


def test_a_refused_connection_is_502(proxy):
    pod = proxy.add("a", Pod())
    pod.http.close()
    assert get(proxy).status == 502
    counts = settled(proxy)["pods"]["a"]
    assert (counts["refused"], counts["requests"]) == (1, 1)


def test_a_stalled_pod_is_504():
    with Proxy(answer_timeout_ms=300) as proxy:
        pod = proxy.add("a", Pod(lambda connection, line, fields: connection.more()))
        assert get(proxy).status == 504
        assert settled(proxy)["pods"]["a"]["timeout"] == 1 and len(pod.requests) == 1


@pytest.mark.parametrize("head", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_cut_answer_cuts_the_client(proxy, head):
    def cut(connection, line, fields):
        connection.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n" + ("5\r\nhello\r\n" if "chunked" in head else "hello"))
        return "close"

    proxy.add("a", Pod(cut))
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        get(proxy)
    counts = settled(proxy)["pods"]["a"]
    assert (counts["cut"], counts["statuses"]) == (1, {})


def test_an_answer_cut_for_http_1_0_is_a_reset_not_an_end(proxy):
    def cut(connection, line, fields):
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        return "close"

    proxy.add("a", Pod(cut))
    with pytest.raises(ConnectionError):
        raw(proxy, "GET / HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("answer", [
    "SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
])
def test_a_malformed_answer_is_502(proxy, answer):
    proxy.add("a", Pod(lambda connection, line, fields: connection.send(answer)))
    assert get(proxy).status == 502
    assert settled(proxy)["pods"]["a"]["malformed"] == 1


def test_a_client_that_leaves_is_not_the_pods_fault(proxy):
    pod = proxy.add("a", Pod(lambda connection, line, fields: list(connection.body(fields)) and respond(connection)))
    connection = proxy.connect()
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome")
    wait_until(lambda: pod.requests, "the pod has the head")
    connection.sock.close()
    counts = wait_until(lambda: (c := settled(proxy)["pods"]["a"])["client_gone"] and c, "counted")
    assert (counts["client_gone"], counts["reset"], counts["cut"]) == (1, 0, 0)


# Start and end


def test_a_taken_port_says_what_to_do(proxy):
    got = subprocess.run([PROXY, str(proxy.port)], capture_output=True, text=True, timeout=20)
    assert got.returncode == 2
    assert f"port {proxy.port} at 127.0.0.1 is taken" in got.stderr and "--port" in got.stderr


def test_stopping_cuts_what_is_under_way():
    with Proxy() as proxy:
        pod = proxy.add("a", Pod(lambda connection, line, fields: connection.more()))
        connections = [proxy.connect() for _ in range(20)]
        for connection in connections[:10]:
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: len(pod.requests) == 10, "ten requests under way")
    # __exit__ has seen the program end with 0 within its bound
