"""examples/metrics_only: a service with its own protocol has the metrics and the identity, and no Asio."""
import contextlib
import json
import shlex
import signal
import socket
import subprocess

import pytest

from support.programs import BUILD, GENEROUS, SOURCE, clean_environment, samples, wait_until

PROGRAM = BUILD / "examples" / "metrics_only" / "metrics_only"
IDENTITY = {"APP_VERSION": "v2", "APP_TRACK": "canary", "APP_COLOR": "green"}

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="the examples are not built")


@contextlib.contextmanager
def running(**settings):
    process = subprocess.Popen([PROGRAM], env=clean_environment(KV_PORT=0, **IDENTITY, **settings), text=True,
                               stdout=subprocess.PIPE)
    try:
        yield process, int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(port, request):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(GENEROUS)
        s.connect(("127.0.0.1", port))
        s.send(request.encode())
        return s.recv(2048).decode()


def test_own_protocol_is_measured_with_version_and_track(tmp_path):
    file = tmp_path / "kv.prom"
    with running(KV_METRICS_FILE=file, KV_METRICS_INTERVAL="20ms") as (process, port):
        assert ask(port, "set a one two") == "stored"
        assert ask(port, "get a") == "value one two"
        assert ask(port, "get b") == "none"
        assert ask(port, "get").startswith("error")

        def counted():
            return {labels["command"]: value for labels, value in samples(file.read_text(), "kv_requests_total")}
        wait_until(lambda: counted() == {"get": 2, "set": 1, "error": 1}, "the requests in the file")
        process.send_signal(signal.SIGTERM)
        assert process.wait(GENEROUS) == 0

    text = file.read_text()
    every = [line for line in text.splitlines() if not line.startswith("#")]
    assert all('version="v2"' in line and 'track="canary"' in line for line in every)
    assert [value for _, value in samples(text, "kv_entries")] == [1]
    assert [value for _, value in samples(text, "kv_request_duration_seconds_count")] == [4]
    assert [value for _, value in samples(text, "process_threads")] == [1]
    assert [labels["color"] for labels, _ in samples(text, "canary_build_info")] == ["green"]
    assert "http_" not in text


@pytest.mark.parametrize("settings, name", [({"APP_TRACK": "beta"}, "APP_TRACK"), ({"KV_PORT": "x"}, "KV_PORT")])
def test_bad_setting_ends_it_with_2(settings, name):
    ended = subprocess.run([PROGRAM], env=clean_environment(**{**IDENTITY, **settings}), capture_output=True, text=True,
                           timeout=GENEROUS)
    assert ended.returncode == 2
    assert name in ended.stderr


def includes(source):
    """Every header that the compiler reads for a source, by the build's own command."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    found = [c for c in commands if (BUILD / c["file"]).resolve() == (SOURCE / source).resolve()]
    words = shlex.split(found[0]["command"])
    for option in ("-o", "-MF", "-MQ"):
        at = words.index(option)
        del words[at:at + 2]
    words = [w for w in words if w not in ("-c", "-MD", "ccache")]
    listed = subprocess.run([*words, "-M"], cwd=found[0]["directory"], capture_output=True, text=True, check=True)
    return listed.stdout.replace("\\\n", " ").split()


def test_config_and_metrics_pull_in_no_asio():
    network = ("boost/asio", "boost/beast")
    own = includes("examples/metrics_only/main.cpp")
    assert any(h.endswith("canary/metrics.hpp") for h in own)
    assert any(h.endswith("canary/config.hpp") for h in own)
    assert [h for h in own if any(n in h for n in network)] == []
    # The same list shows them where they are.
    assert any("boost/asio" in h for h in includes("libcanary/src/router.cpp"))
