"""The examples with a server: the whole service, and the router inside somebody's own Beast server."""
import subprocess

import pytest

from support.programs import App, BUILD, clean_environment, fetch, samples
from support.raw import Raw

HELLO = BUILD / "examples" / "hello" / "hello"
OWN_SERVER = BUILD / "examples" / "own_server" / "own_server"


@pytest.mark.skipif(not HELLO.exists(), reason="examples are not built")
def test_hello_is_a_whole_service():
    with App("v7", "green", "canary", program=str(HELLO), HELLO_GREETING="Moin") as app:
        app.ready()
        assert fetch(app.url + "/hello/J%C3%B6rg").text == "Moin, Jörg!\n"
        text = fetch(app.admin + "/metrics").text
        assert list(samples(text, "hello_greetings_total")) == [({"version": "v7", "track": "canary"}, 1.0)]
        assert app.terminate().wait() == 0


@pytest.mark.skipif(not HELLO.exists(), reason="examples are not built")
def test_own_settings_are_in_the_help_and_the_configuration():
    run = lambda *arguments, **settings: subprocess.run([HELLO, *arguments], env=clean_environment(**settings), capture_output=True, text=True, timeout=30)
    assert "HELLO_GREETING" in run("--help").stdout
    assert "Moin" in run("--check-config", HELLO_GREETING="Moin").stdout


@pytest.mark.skipif(not OWN_SERVER.exists(), reason="examples are not built")
def test_router_answers_in_somebody_elses_server():
    with subprocess.Popen([OWN_SERVER], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            port = int(url.rsplit(":", 1)[1])
            assert fetch(url + "/hello/you").text == "Hello, you!\n"
            got = fetch(url + "/nothing")
            assert got.status == 404 and got.json()["status"] == 404
            got = fetch(url + "/hello/you", "DELETE")
            assert (got.status, got.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
            with Raw(port) as raw:
                head = raw.send("HEAD /hello/you HTTP/1.1\r\nHost: a\r\n\r\n").answer(head=True)
                assert int(head["Content-Length"]) == len("Hello, you!\n")
                assert raw.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 204
                assert raw.send("GET http://a/hello/absolute?x=y HTTP/1.1\r\nHost: a\r\n\r\n").answer().body == b"Hello, absolute!\n"
                assert raw.send("GET /hello/old HTTP/1.0\r\n\r\n").answer().body == b"Hello, old!\n"
                assert raw.ended()
            counted = {(l["method"], l["path"], l["code"]): v for l, v in samples(fetch(url + "/metrics").text, "http_requests_total") if v}
            assert counted[("GET", "/hello/{name}", "200")] == 3 and counted[("DELETE", "unmatched", "405")] == 1
        finally:
            process.kill()
