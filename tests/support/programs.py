"""The project's programs as processes of a test: started on ports that the kernel chooses, always ended."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("CANARY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("CANARY_BUILD", SOURCE / "build"))
APP = os.environ.get("CANARY_APP", str(BUILD / "app" / "canary-app"))
CANARYCTL = os.environ.get("CANARYCTL", str(BUILD / "canaryctl" / "canaryctl"))

GENEROUS = 30  # seconds; a bound on waiting for a condition, never a time that a test takes


def wait_until(condition, what, seconds=GENEROUS):
    """The first true value of condition(); AssertionError naming `what` when there was none within the bound."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def clean_environment(**settings):
    """This process's environment without settings of the app, and with those given."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("APP_", "CANARY_")) or k in ("CANARY_BUILD",)}
    kept.pop("CANARY_BUILD", None)
    return {**kept, **{k: str(v) for k, v in settings.items()}}


class Answer:
    """A whole HTTP answer: status, headers (any case), body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


def fetch(url, method="GET", body=None, headers=None, timeout=GENEROUS):
    """One request on a connection of its own; error statuses are answers too."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as got:
            return Answer(got.status, got.headers, got.read())
    except urllib.error.HTTPError as got:
        return Answer(got.code, got.headers, got.read())


class App:
    """A running canary-app. Its log lines are kept as parsed JSON in `log`."""

    def __init__(self, version="v1", color="white", track="stable", program=APP, arguments=(), **settings):
        settings = {
            "APP_VERSION": version, "APP_COLOR": color, "APP_TRACK": track,
            "CANARY_HTTP_ADDRESS": "127.0.0.1", "CANARY_HTTP_PORT": 0,
            "CANARY_ADMIN_ADDRESS": "127.0.0.1", "CANARY_ADMIN_PORT": 0,
            "CANARY_DRAIN_DELAY": "0s", **settings,
        }
        self.version, self.log, self.raw = version, [], []
        self.process = subprocess.Popen([program, *arguments], env=clean_environment(**settings),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.raw.append(line.decode(errors="replace"))
            with contextlib.suppress(ValueError):
                self.log.append(json.loads(line))

    def event(self, name, seconds=GENEROUS):
        """The first log line of that event."""
        def look():
            found = [line for line in list(self.log) if line.get("event") == name]
            assert found or self.process.poll() is None, f"ended with {self.process.returncode} before '{name}':\n" + "".join(self.raw)
            return found and found[0]
        return wait_until(look, f"log event '{name}'", seconds)

    @property
    def port(self):
        return self.event("listening")["http_port"]

    @property
    def admin_port(self):
        return self.event("listening")["admin_port"]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin(self):
        return f"http://127.0.0.1:{self.admin_port}"

    def ready(self):
        def look():
            with contextlib.suppress(OSError):
                return fetch(self.admin + "/readyz", timeout=2).status == 200
        wait_until(look, "readiness")
        return self

    def metric(self, name, **labels):
        """The sum of the samples of that name whose labels include those given."""
        return sum(value for got, value in samples(fetch(self.admin + "/metrics").text, name) if labels.items() <= got.items())

    def terminate(self, signal_=signal.SIGTERM):
        self.process.send_signal(signal_)
        return self

    def wait(self, seconds=GENEROUS):
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()


def samples(text, name):
    """(labels, value) of each sample of that name in the text format 0.0.4."""
    import re
    for line in text.splitlines():
        found = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)(?: \d+)?", line)
        if found:
            yield dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[1] or "")), float(found[2])


def canaryctl(*arguments, timeout=120, **kwargs):
    """canaryctl run to its end."""
    return subprocess.run([CANARYCTL, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, **kwargs)
