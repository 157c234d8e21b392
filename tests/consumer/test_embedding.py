"""The examples, built outside of the source tree against what was installed, and run."""
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest

from support.commands import run
from support.programs import GENEROUS, SOURCE, App, clean_environment, fetch, samples, wait_until

PROJECTS = pathlib.Path(__file__).parent
EXAMPLES = SOURCE / "examples"


@pytest.fixture
def compiled(pkg_config, tmp_path):
    """An example by the line of the README; fails where it needs more than pkg-config says, or reads the source tree."""
    def compile_(source, package):
        file = EXAMPLES / source
        run("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-MD", "-MF", "read", file, "-o", "program",
            *pkg_config("--cflags", "--libs", package), cwd=tmp_path)
        read = (tmp_path / "read").read_text().replace("\\\n", " ").split()[1:]
        assert [f for f in read if pathlib.Path(f).is_relative_to(SOURCE)] == [str(file)]
        return tmp_path / "program"
    return compile_


def greets(program):
    """examples/hello is a whole service wherever it was built."""
    with App("v7", "green", "canary", program=str(program), HELLO_GREETING="Moin") as app:
        app.ready()
        assert fetch(app.url + "/hello/you").text == "Moin, you!\n"
        assert list(samples(fetch(app.admin + "/metrics").text, "hello_greetings_total")) == [({"version": "v7", "track": "canary"}, 1.0)]
        assert app.terminate().wait() == 0


def test_whole_service(compiled):
    greets(compiled("hello/hello.cpp", "libcanary"))


def test_router_in_ones_own_server(compiled):
    with subprocess.Popen([compiled("own_server/own_server.cpp", "libcanary")], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            assert fetch(url + "/hello/you").text == "Hello, you!\n"
            assert fetch(url + "/nothing").status == 404
            counted = {(l["path"], l["code"]): v for l, v in samples(fetch(url + "/metrics").text, "http_requests_total") if v}
            assert counted == {("/hello/{name}", "200"): 1, ("unmatched", "404"): 1}
        finally:
            process.kill()


def test_metrics_beside_ones_own_protocol(compiled, tmp_path):
    file = tmp_path / "kv.prom"
    program = compiled("metrics_only/main.cpp", "libcanary")
    environment = clean_environment(APP_VERSION="v2", APP_TRACK="canary", KV_PORT=0, KV_METRICS_FILE=file, KV_METRICS_INTERVAL="20ms")
    with subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(GENEROUS)
                s.connect(("127.0.0.1", port))
                s.send(b"set a b")
                assert s.recv(2048) == b"stored"
            wait_until(lambda: ({"command": "set", "version": "v2", "track": "canary"}, 1.0) in samples(file.read_text(), "kv_requests_total"),
                       "the request in the file")
            process.send_signal(signal.SIGTERM)
            assert process.wait(GENEROUS) == 0
        finally:
            process.kill()


def test_judge_fed_by_hand(compiled):
    program = compiled("judge_stdin/main.cpp", "libcanary-judge")
    for line, looks, code, verdict in (("240 0 60 3", 20, 1, "Rolled back: errors in 9 of 180 (5 %)"),
                                       ("240 0 60 0", 100, 0, "Promoted: errors in 0 of"),
                                       ("240 0 60 0", 5, 3, "Inconclusive: errors in 0 of 300 (0 %)")):
        got = subprocess.run([program], input=f"{line}\n" * looks, capture_output=True, text=True, timeout=GENEROUS)
        assert (got.returncode, got.stdout[:len(verdict)]) == (code, verdict)


@pytest.mark.skipif(not shutil.which("cmake"), reason="no cmake")
def test_cmake_project_finds_it(prefix, project):
    folder = project("cmake", "CMakeLists.txt")
    run("cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja", PKG_CONFIG_PATH=prefix.pkgconfig)
    run("ninja", "-C", folder / "build")
    greets(folder / "build" / "my-service")


def test_meson_project_finds_it(prefix, project):
    folder = project("meson", "meson.build")
    run("meson", "setup", "--wrap-mode=nofallback", "-Dwerror=true", "-Dwarning_level=3", "-Doptimization=0", folder / "build", folder,
        PKG_CONFIG_PATH=prefix.pkgconfig)
    run("ninja", "-C", folder / "build")
    greets(folder / "build" / "my-service")
