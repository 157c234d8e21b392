"""Handlers that throw, hang, block or answer nonsense, and the service's start and end around them."""
import contextlib
import json
import threading
import time

import pytest

from support.programs import App, BUILD, fetch, wait_until
from support.raw import Raw, exchange

PROGRAM = str(BUILD / "tests" / "unit" / "service" / "handlers_program")


def get(path, fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"


def start(**settings):
    return App(program=PROGRAM, **settings)


@pytest.fixture(scope="module")
def app():
    with start(CANARY_THREADS=1) as running:
        assert fetch(running.url + "/open", "PUT", b"yes").status == 200
        yield running.ready()


@pytest.mark.parametrize("path, reason", [("/throw", "secret of the handler"), ("/throw-later", "secret of the coroutine"),
                                          ("/blocking-throw", "secret of the blocking work"), ("/throw-int", "no std::exception"),
                                          ("/split", "control character"), ("/status-99", "between 200 and 599")])
def test_failed_handler_is_a_500_with_details_in_the_log_only(app, path, reason):
    with Raw(app.port) as raw:
        got = raw.send(get(path)).answer()
        assert got.status == 500 and got["Content-Type"] == "application/problem+json"
        problem = json.loads(got.body)
        assert problem["status"] == 500 and problem["request_id"] == got["X-Request-Id"]
        assert b"secret" not in got.body and got["Set-Cookie"] is None
        lines = wait_until(lambda: [l for l in app.log if l.get("request_id") == got["X-Request-Id"]], "the log line")
        assert len(lines) == 1 and lines[0]["event"] == "server_error" and reason in lines[0]["reason"] and lines[0]["route"] == path
        assert raw.send(get("/plain")).answer().status == 200, "the connection goes on"


def test_framing_is_the_servers(app):
    got = exchange(app.port, get("/framing"))
    assert (got.body, got["Content-Length"], got["Transfer-Encoding"]) == (b"four", "4", None) and got["Date"] != "never"


def test_handler_may_close_and_may_send_nothing(app):
    with Raw(app.port) as raw:
        got = raw.send(get("/no-content")).answer()
        assert (got.status, got["Content-Length"], got["Content-Type"]) == (204, None, None)
        assert raw.send(get("/close")).answer().closes
        assert raw.ended()


def test_large_answers_arrive_whole_in_a_pipeline(app):
    with Raw(app.port) as raw:
        raw.send(get("/large") + get("/plain") + get("/large") + get("/plain"))
        for size in (5_000_000, 5, 5_000_000, 5):
            assert len(raw.answer().body) == size


def test_coroutines_do_not_hold_each_other_up(app):
    with Raw(app.port) as slow:
        slow.send(get("/timer?ms=1000"))
        begin = time.monotonic()
        assert exchange(app.port, get("/plain")).status == 200
        assert time.monotonic() - begin < 1
        assert slow.answer().body == b"waited for /timer?ms=1000"


def test_pipelined_answer_does_not_wait_for_the_next_coroutine(app):
    with Raw(app.port) as raw:
        begin = time.monotonic()
        raw.send(get("/plain") + get("/timer?ms=2000"))
        assert raw.answer().body == b"plain" and time.monotonic() - begin < 2
        assert raw.answer().status == 200


def test_blocking_work_runs_elsewhere_and_comes_back(app):
    assert exchange(app.port, get("/blocking?ms=1")).body == b"elsewhere and back"


def test_full_blocking_queue_is_a_503_that_says_when_to_come_back():
    with start(CANARY_BLOCKING_THREADS=1) as app:
        app.event("listening")
        answers = []
        def client():
            with contextlib.suppress(OSError, AssertionError):  # cut off at the test's end
                answers.append(exchange(app.port, get("/blocking?ms=300")))
        threads = [threading.Thread(target=client) for _ in range(70)]
        for thread in threads:
            thread.start()
        wait_until(lambda: any(a.status == 503 for a in answers), "a refusal")
        refused = next(a for a in answers if a.status == 503)
        assert refused["Retry-After"] == "1"
        app.process.kill()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("value, expected", [
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled k=v"),
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 not k=v"),
    ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", "0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled k=v"),
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", "  not "),
    ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "  not "),
    ("00-00000000000000000000000000000000-b7ad6b7169203331-01", "  not "),
    ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "  not "),
    ("nonsense", "  not ")])
def test_trace_context_is_read(app, value, expected):
    got = exchange(app.port, get("/trace", f"traceparent: {value}\r\ntracestate: k=v\r\n"))
    assert got.body.decode().strip() == expected.strip()


def test_overdue_handler_is_answered_for_cancelled_and_counted():
    with start(CANARY_HANDLER_TIMEOUT="500ms", CANARY_THREADS=1) as app:
        app.event("listening")
        with Raw(app.port) as raw:
            got = raw.send(get("/timer?ms=60000")).answer()
            assert (got.status, got.closes) == (503, True)
            assert raw.ended()
        with Raw(app.port) as raw:
            begin = time.monotonic()
            got = raw.send(get("/stubborn?ms=3000")).answer()
            assert got.status == 503 and time.monotonic() - begin < 3, "answered at the deadline, not when the handler ends"
            assert raw.ended()
            assert app.metric("canary_handlers_overdue") == 1
            assert exchange(app.port, get("/plain")).status == 200
        wait_until(lambda: app.metric("canary_handlers_overdue") == 0, "the stubborn handler to end")
        wait_until(lambda: app.metric("http_connections_open") == 0, "its connection to be gone")
        assert app.metric("http_requests_total", code="503") == 2
        assert len([l for l in app.log if l.get("event") == "server_error"]) == 2


def test_ready_follows_the_named_checks_and_a_throw_of_one_is_no_failure():
    with start() as app:
        app.event("listening")
        wait_until(lambda: fetch(app.admin + "/readyz").json()["checks"] == [
            {"name": "started", "passed": True}, {"name": "open", "passed": False, "reason": "not opened"}, {"name": "slow", "passed": True}], "the checks")
        assert fetch(app.admin + "/readyz").status == 503
        fetch(app.url + "/open", "PUT", b"yes")
        app.event("ready")
        assert fetch(app.admin + "/readyz").status == 200
        fetch(app.url + "/open", "PUT", b"no")
        app.event("not_ready")
        assert app.terminate().wait() == 0
        events = [l["event"] for l in app.log]
        assert events.index("start_task") < events.index("ready") < events.index("drain_task") < events.index("stopped")


def test_failed_start_task_ends_with_1():
    with start(TEST_FAIL_START="true") as app:
        assert app.wait() == 1
        assert any("no database" in l.get("reason", "") for l in app.log)


def test_stuck_io_thread_makes_the_process_unhealthy_and_gets_no_new_connection():
    with start(CANARY_THREADS=2) as app:
        app.event("listening")
        assert fetch(app.admin + "/healthz").status == 200
        with Raw(app.port) as stuck:
            stuck.send(get("/stuck-thread?ms=9000"))
            wait_until(lambda: fetch(app.admin + "/healthz").json()["longest_turn_seconds"] > 1.6, "the thread to be stuck")
            for _ in range(6):
                begin = time.monotonic()
                assert exchange(app.port, get("/plain")).status == 200
                assert time.monotonic() - begin < 4
            wait_until(lambda: fetch(app.admin + "/healthz").status == 503, "unhealthy")
            assert stuck.answer().body == b"woke up"
        wait_until(lambda: fetch(app.admin + "/healthz").status == 200, "healthy again")


def test_drain_cuts_a_stubborn_handler_and_still_ends():
    # What is abandoned is never freed: under the address sanitizer that is no finding.
    with start(CANARY_DRAIN_TIMEOUT="1s", CANARY_HANDLER_TIMEOUT="1s", CANARY_BLOCKING_THREADS=1, ASAN_OPTIONS="detect_leaks=0") as app:
        app.event("listening")
        with Raw(app.port) as stubborn, Raw(app.port) as blocking:
            stubborn.send(get("/stubborn?ms=60000"))
            blocking.send(get("/blocking?ms=60000"))
            wait_until(lambda: app.metric("http_requests_in_flight") + app.metric("canary_handlers_overdue") == 2, "both handlers")
            begin = time.monotonic()
            app.terminate()
            assert app.wait() == 0 and time.monotonic() - begin < 20
        assert any(l.get("step") == "abandoned" for l in app.log)


def test_faults_name_a_route_by_its_template_whatever_its_label():
    with start(CANARY_FAULT_ROUTES="/labelled", CANARY_FAULT_ERROR_RATE="1", CANARY_FAULT_ERROR_STATUS="503") as app:
        app.event("listening")
        got = fetch(app.url + "/labelled")
        assert (got.status, got.headers["X-Canary-Fault"]) == (503, "error")
        assert fetch(app.url + "/plain").status == 200
        assert app.metric("http_requests_total", path="another", code="503") == 1
