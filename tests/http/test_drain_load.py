"""A pod is terminated under 2,000 requests a second: through the proxy nothing fails, straight at it nothing but refused
connections after its listener has closed."""
import contextlib
import json
import signal
import socket
import subprocess
import time

from support.pods import Proxy
from support.programs import App, CANARYCTL, wait_until

RATE, SECONDS = 2000, 8


def load(url, *options):
    return subprocess.Popen([CANARYCTL, "load", url + "/api/info", "--rate", str(RATE), "--duration", f"{SECONDS}s", "--connections", "32",
                             "--output", "json", *options], stdout=subprocess.PIPE, text=True)


def served(*apps):
    return sum(app.metric("http_requests_total", path="/api/info", code="200") for app in apps)


def test_terminated_pod_behind_the_proxy_loses_no_request():
    with contextlib.ExitStack() as stack:
        pods = [stack.enter_context(App("v1", "white", "stable", CANARY_DRAIN_DELAY="1s")).ready() for _ in range(3)]
        proxy = stack.enter_context(Proxy())
        for number, pod in enumerate(pods):
            proxy.command("add", f"pod-{number}", "v1", "stable", pod.port, pod.admin_port)
        wait_until(lambda: all(pod["ready"] for pod in proxy.counts()["pods"].values()), "readiness seen by the proxy")
        client = load(f"http://127.0.0.1:{proxy.port}")
        wait_until(lambda: served(*pods) > RATE / 2, "traffic")
        pods[0].terminate()
        assert pods[0].wait() == 0
        report = json.loads(client.communicate(timeout=60)[0])
        counts = proxy.counts()
    assert report["failed"] == 0, (report, counts)
    assert report["ok"] > RATE * SECONDS * 0.5
    gone = counts["pods"]["pod-0"]
    assert gone["requests"] > 0 and gone["refused"] + gone["reset"] + gone["cut"] + gone["timeout"] == 0, gone


def test_terminated_pod_only_refuses_after_its_listener_has_closed():
    with App(CANARY_DRAIN_DELAY="1s") as app, contextlib.ExitStack() as stack:
        app.ready()
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", app.port), timeout=30)) for _ in range(20)]
        for connection in idle:
            connection.sendall(b"GET /api/info HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        client = load(app.url)
        wait_until(lambda: served(app) > RATE / 2, "traffic")
        app.terminate(signal.SIGTERM)
        wait_until(lambda: app.process.poll() is not None or _refused(app.port), "the listener's end")
        assert app.wait() == 0
        for connection in idle:  # told by a plain end of the stream, never by a reset
            assert connection.recv(1) == b""
        report = json.loads(client.communicate(timeout=60)[0])
    assert set(report["statuses"]) == {"200"}, report
    assert {name for name, n in report["outcomes"].items() if n and not name.isdigit()} <= {"ok", "refused"}, report
    assert report["failed"] == report["outcomes"]["refused"] > 0, report


def _refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    time.sleep(0.01)
    return False
