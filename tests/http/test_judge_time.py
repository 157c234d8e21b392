"""canaryctl judge when time is not what it should be: scrapes that come late or never, a clock that is set."""
import asyncio
import contextlib
import json
import os
import subprocess

from support.programs import BUILD, CANARYCTL, fetch, samples
from support.servers import Server, answer
from test_judge import Pods, metric


class LatePod(Server):
    """Before a pod's /metrics: answers what the pod does, `delay` seconds later; None: never."""

    def __init__(self, pod):
        self.pod, self.delay, self.served = pod, 0, []

        async def behave(reader, writer, server):
            while True:
                await server.head(reader)
                if self.delay is None:
                    await reader.read()  # until the client has had enough
                    return
                await asyncio.sleep(self.delay)
                text = fetch(pod.admin + "/metrics").text
                self.served.append(int(sum(number for _, number in samples(text, "http_requests_total"))))
                writer.write(answer(text))
                await writer.drain()
        super().__init__(behave)


@contextlib.contextmanager
def judging(*arguments, **environment):
    """A judge, and a function that reads its rounds up to the first for which a condition holds."""
    with subprocess.Popen([CANARYCTL, "judge", *map(str, arguments), "--warmup", "0s", "--slow-bound", "none", "--deadline", "5m",
                           "--output", "json"], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as process:
        lines = []

        def next_until(condition):
            while True:
                lines.append(json.loads(process.stdout.readline()))
                assert "exit_code" not in lines[-1], lines[-1]
                if condition(lines[-1]):
                    return lines[-1]
        try:
            yield lines, next_until
        finally:
            process.kill()


def test_late_and_missed_scrapes_count_every_request_once():
    with Pods(canary_faults={"error_rate": 0.01}).traffic(40, 40) as pods, LatePod(pods.canary[0]) as late:
        scrape = ["--scrape", f"stable={pods.stable[0].admin}/metrics", f"canary={late.url}/metrics"]
        with judging(*scrape, "--interval", "250ms", "--timeout", "2s", "--alpha", "1e-9") as (lines, next_until):
            def closed(line):
                return line["closed"]

            next_until(closed)
            late.delay = 1  # four intervals
            begin = next_until(lambda line: True)["round"]
            end = next_until(lambda line: line["round"] >= begin + 4)
            slow = [line for line in lines if line["round"] > begin + 1]
            # A late answer is waited for: no round is missed, none is made up for, and each still closes its batch.
            assert all(not line["problems"] and line["closed"] for line in slow)
            assert all(after["time"] - before["time"] > 0.9 for before, after in zip(slow, slow[1:]))

            late.delay = None  # beyond the time limit: the scrape is missed, and no batch closes without it
            missed = next_until(lambda line: line["problems"])
            assert not missed["closed"] and missed["batches"] - end["batches"] <= 1
            assert any(late.url in problem for problem in missed["problems"])
            late.delay = 0
            caught_up = next_until(closed)
            assert caught_up["round"] > missed["round"] and caught_up["pods"] == {"stable": 1, "canary": 1}
            last = next_until(closed)
    # What is judged is what the pod served since the first scrape: nothing lost, nothing twice.
    judged = [metric(line)["canary"]["requests"] for line in lines if line["closed"]]
    assert judged == sorted(judged) and judged[-1] == metric(last)["canary"]["requests"] > 0
    assert {total + late.served[0] for total in judged} <= set(late.served)


def test_a_clock_that_is_set_changes_nothing_that_is_judged(tmp_path):
    shift = tmp_path / "shift"
    shift.write_text("0")
    preload = {"LD_PRELOAD": str(BUILD / "tests" / "libclock_shift.so"), "CLOCK_SHIFT_FILE": str(shift),
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    with Pods(canary_faults={"error_rate": 0.01}).traffic(40, 40) as pods, \
            judging(*pods.scrape(), "--interval", "250ms", "--alpha", "1e-9", "--metrics-port", "0", **preload) as (lines, next_until):
        before = next_until(lambda line: line["closed"] and line["batches"] > 2)
        for seconds in (7200, -7200, 0):  # two hours on, four back, and right again
            now = lines[-1]["time"]
            (tmp_path / "new").write_text(str(seconds))
            (tmp_path / "new").rename(shift)
            jumped = next_until(lambda line: abs(line["time"] - now) > 3600)
            next_until(lambda line: line["closed"] and line["batches"] > jumped["batches"] + 2)
        text = fetch(lines[-1]["metrics_url"]).text
        served = pods.canary[0].metric("http_requests_total")
    assert [number for _, number in samples(text, "canaryctl_judge_clock_jumps_total")] == [3]
    assert abs(lines[-1]["time"] - before["time"]) < 600
    # Neither a guardrail nor a restart: pods that were there before are older or younger now, by the clock alone.
    assert {line["cause"] for line in lines} <= {"more_requests_needed", "evidence"}
    assert [number for _, number in samples(text, "canaryctl_judge_pod_restarts_total")] == [0, 0]
    assert all(line["pods"] == {"stable": 1, "canary": 1} for line in lines)
    for track in ("stable", "canary"):
        judged = [metric(line)[track]["requests"] for line in lines]
        most = max(after - before for before, after in zip(judged, judged[1:]))
        assert judged == sorted(judged) and most < served / 2
