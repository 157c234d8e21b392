"""SIGTERM: what each connection sees, in which order, and how the process ends."""
import contextlib
import os
import pty
import signal
import socket
import threading
import time

import pytest

from support.programs import App, APP, clean_environment, fetch, wait_until
from support.raw import Raw

HEAD = "GET /api/info HTTP/1.1\r\nHost: a\r\n"
GET = HEAD + "\r\n"


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    except ConnectionRefusedError:
        return True
    return False


def steps(app):
    return [line["step"] for line in app.log if line.get("event") == "drain" and line.get("listener", "http") == "http"]


def ended(app):
    return next(line for line in app.log if line.get("step") == "connections_ended" and line["listener"] == "http")


def test_while_delayed_not_ready_but_serving_and_saying_goodbye():
    with App(CANARY_DRAIN_DELAY="3s") as app:
        app.ready()
        with Raw(app.port) as pooled, Raw(app.port) as idle:
            assert not pooled.send(GET).answer().closes
            assert not idle.send(GET).answer().closes
            app.terminate()
            wait_until(lambda: fetch(app.admin + "/readyz").status == 503, "not ready")
            assert any(c["name"] == "draining" and not c["passed"] for c in fetch(app.admin + "/readyz").json()["checks"])
            assert fetch(app.admin + "/healthz").status == 200
            got = pooled.send(GET).answer()
            assert (got.status, got.closes) == (200, True)
            assert pooled.ended()
            assert fetch(app.url + "/api/info").status == 200, "new connections are served during the delay"
            # Idle until the listener has closed; then closed without a byte and without a reset.
            assert idle.ended()
        assert app.wait() == 0
        assert steps(app) == ["not_ready", "listener_closed", "idle_closed", "connections_ended", "tasks_done"]


def test_busy_request_finishes_after_the_listener_closed():
    with App(CANARY_FAULT_LATENCY="2s", CANARY_HANDLER_TIMEOUT="10s") as app:
        app.ready()
        with Raw(app.port) as busy:
            busy.send(GET)
            wait_until(lambda: app.metric("http_requests_in_flight") == 1, "the request in its handler")
            app.terminate()
            wait_until(lambda: refused(app.port), "the listener to close")
            assert fetch(app.admin + "/readyz").status == 503, "the admin port closes last"
            got = busy.answer()
            assert (got.status, got.closes) == (200, True)
            assert busy.ended()
        assert app.wait() == 0
        assert (ended(app)["finished"], ended(app)["cut"]) == (1, 0)


def test_connection_that_never_asked_is_closed_and_not_counted_as_finished():
    with App() as app:
        app.ready()
        with Raw(app.port) as silent:
            wait_until(lambda: app.metric("http_connections_open") == 1, "the connection")
            app.terminate()
            assert silent.ended()
        assert app.wait() == 0
        assert (ended(app)["finished"], ended(app)["cut"]) == (0, 0)


def test_request_whose_body_is_on_its_way_is_served():
    with App() as app:
        app.ready()
        with Raw(app.port) as half:
            half.send("POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            wait_until(lambda: app.metric("http_connections_open") == 1, "the connection")
            app.terminate()
            wait_until(lambda: refused(app.port), "the listener to close")
            got = half.send("cd").answer()
            assert (got.status, got.closes) == (200, True)
        assert app.wait() == 0


def test_what_outlasts_the_timeout_is_cut_counted_and_logged():
    with App(CANARY_FAULT_LATENCY="60s", CANARY_HANDLER_TIMEOUT="1s", CANARY_DRAIN_TIMEOUT="1s", CANARY_BODY_TIMEOUT="60s") as app:
        app.ready()
        with Raw(app.port) as half:
            half.send("POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            wait_until(lambda: app.metric("http_connections_open") == 1, "the connection")
            app.terminate()
            with contextlib.suppress(ConnectionResetError):
                assert half.ended()
        assert app.wait() == 0
        assert (ended(app)["finished"], ended(app)["cut"], ended(app)["level"]) == (0, 1, "warning")


def test_second_signal_ends_at_once():
    with App(CANARY_DRAIN_DELAY="60s") as app:
        app.ready()
        app.terminate()
        app.event("drain")
        app.terminate()
        assert app.wait() == 128 + signal.SIGTERM


def test_interrupt_without_a_terminal_keeps_the_delay():
    with App(CANARY_DRAIN_DELAY="2s") as app:
        app.ready()
        begin = time.monotonic()
        app.terminate(signal.SIGINT)
        assert app.wait() == 0 and time.monotonic() - begin >= 2


def test_interrupt_on_a_terminal_skips_the_delay():
    import subprocess
    leader, terminal = pty.openpty()
    process = subprocess.Popen([APP], stdin=terminal, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
                               env=clean_environment(CANARY_HTTP_ADDRESS="127.0.0.1", CANARY_HTTP_PORT=0, CANARY_ADMIN_ADDRESS="127.0.0.1",
                                                     CANARY_ADMIN_PORT=0, CANARY_DRAIN_DELAY="60s"))
    try:
        while b'"ready"' not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.stderr.close()
        os.close(leader)
        os.close(terminal)


def test_signal_while_starting_still_drains():
    with App() as app:
        app.event("listening")
        app.terminate()
        assert app.wait() == 0


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh connections", "kept connections"])
def test_no_request_fails_but_by_a_refused_connection(fresh):
    """Clients straight at the pod: after SIGTERM some connection is refused, and nothing else ever goes wrong."""
    outcomes, lock, stop = {}, threading.Lock(), threading.Event()

    def client(port):
        raw = None
        while not stop.is_set():
            try:
                if raw is None:
                    raw = Raw(port)
                got = raw.send(GET).answer()
                outcome = str(got.status)
                if fresh or got.closes:
                    raw.close()
                    raw = None
            except ConnectionRefusedError:
                outcome, raw = "refused", None
                stop.wait(0.01)
            except (OSError, AssertionError) as failure:
                outcome, raw = repr(failure), None
            with lock:
                outcomes[outcome] = outcomes.get(outcome, 0) + 1

    with App(CANARY_DRAIN_DELAY="500ms") as app:
        port = app.ready().port
        clients = [threading.Thread(target=client, args=(port,)) for _ in range(16)]
        for thread in clients:
            thread.start()
        wait_until(lambda: outcomes.get("200", 0) > 500, "traffic")
        app.terminate()
        assert app.wait() == 0
        wait_until(lambda: outcomes.get("refused", 0) > 0, "refused connections")
        stop.set()
        for thread in clients:
            thread.join()
    assert set(outcomes) == {"200", "refused"}, outcomes
