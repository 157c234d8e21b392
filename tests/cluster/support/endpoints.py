"""How long a Service had no ready endpoint."""

import json
import subprocess
import threading
import time


class EndpointWatch:
    """Watches the EndpointSlices of a Service while the block runs."""

    def __init__(self, namespace, service):
        self.command = ["kubectl", "get", "endpointslices", "-n", namespace, "-l", f"kubernetes.io/service-name={service}",
                        "--watch", "--output-watch-events", "-o", "json"]
        self.slices = {}
        self.changes = []  # (time, ready endpoints)
        self.seen_one = threading.Event()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        assert self.seen_one.wait(20), "no EndpointSlice seen"
        return self

    def _read(self):
        decoder, text = json.JSONDecoder(), ""
        for line in self.process.stdout:
            text += line
            try:
                event, end = decoder.raw_decode(text.lstrip())
            except json.JSONDecodeError:
                continue
            text = text.lstrip()[end:]
            part = event["object"]
            ready = 0 if event["type"] == "DELETED" else sum(bool(e["conditions"].get("ready")) for e in part.get("endpoints") or [])
            self.slices[part["metadata"]["name"]] = ready
            self.changes.append((time.monotonic(), sum(self.slices.values())))
            self.seen_one.set()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.thread.join(timeout=10)
        self.ended = time.monotonic()

    def seconds_without(self):
        """Seconds in which no endpoint was ready."""
        total = 0.0
        for (at, ready), (until, _) in zip(self.changes, self.changes[1:] + [(self.ended, 0)]):
            if ready == 0:
                total += until - at
        return round(total, 3)
