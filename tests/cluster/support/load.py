"""canaryctl as the client that sees every lost request."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile

from .process import run

CANARYCTL = os.environ.get("CANARYCTL", "canaryctl")


def canaryctl(*arguments, **options):
    return run(CANARYCTL, *arguments, **options)


class Load:
    """One `canaryctl load` in the background."""

    def __init__(self, url, rate, host, arguments=(), longest=900):
        self.output = tempfile.TemporaryFile(mode="w+")
        self.errors = tempfile.TemporaryFile(mode="w+")
        command = [CANARYCTL, "load", url, "--rate", str(rate), "--duration", f"{longest}s", "--output", "json",
                   "--timeout", "20s", "--header", f"Host: {host}", *arguments]
        self.process = subprocess.Popen(command, stdout=self.output, stderr=self.errors, text=True)

    def stop(self):
        """What it counted, as canaryctl's JSON."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        self.output.seek(0)
        text = self.output.read()
        self.errors.seek(0)
        assert text.strip(), f"canaryctl load printed nothing, exit {self.process.returncode}: {self.errors.read()}"
        return json.loads(text)


class Users:
    """Requests to a release at a rate while the block runs, whatever they meet; `.counts` afterwards."""

    def __init__(self, release, rate):
        self.load = Load(release.url + "/api/info", rate, release.host, ["--max-failures", "1000000000", "--connections", "32"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.counts = self.load.stop()


# Kept connections, fresh ones, and a method that no client or proxy may send twice on its own: 550 requests/s.
MIX = {
    "keep-alive": (300, ["--connections", "64"]),
    "fresh": (150, ["--fresh", "--connections", "128"]),
    "post": (100, ["--connections", "32", "--method", "POST", "--data", "a request that must not be repeated"]),
}


class Mix:
    """Several loads at once, and the sum of what they saw."""

    def __init__(self, url, host, share=1.0):
        self.loads = {}
        for name, (rate, arguments) in MIX.items():
            path = "/api/echo" if name == "post" else "/api/info"
            self.loads[name] = Load(url + path, rate * share, host, arguments)
        self.results = None

    def stop(self):
        if self.results is None:
            self.results = {name: load.stop() for name, load in self.loads.items()}
        return self.results


@contextlib.contextmanager
def unbroken_load(url, host, share=1.0):
    """Runs the mix while the block runs; its counts are in `.results` afterwards, also after a failure."""
    mix = Mix(url, host, share)
    try:
        yield mix
    finally:
        mix.stop()
