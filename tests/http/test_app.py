"""The demo app's routes and the admin port."""
import base64
import json

import pytest

from support.programs import App, fetch, samples, wait_until
from support.raw import exchange


@pytest.fixture(scope="module")
def app():
    with App("v2", "green", "canary", APP_REVISION="abc123", APP_CONFIG="c0ffee") as running:
        yield running.ready()


def test_info_tells_the_identity(app):
    got = fetch(app.url + "/api/info")
    info = got.json()
    assert {k: info[k] for k in ("version", "color", "track", "revision", "config")} == {
        "version": "v2", "color": "green", "track": "canary", "revision": "abc123", "config": "c0ffee"}
    assert info["hostname"] and info["uptime_seconds"] >= 0 and got.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("accept, json_wanted", {
    "": False, "*/*": False, "text/html": False, "application/json": True, "application/*": True,
    "text/html,application/json;q=0.9": False, "application/json;q=0.9,text/html;q=0.8": True, "application/json, */*;q=0.1": True,
    "text/html;q=0, */*": True, "application/json;q=0": False, "APPLICATION/JSON": True,
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": False}.items())
def test_root_is_json_where_accept_prefers_it(app, accept, json_wanted):
    got = fetch(app.url + "/", headers={"Accept": accept} if accept else {"Accept": ""})
    assert got.headers["Content-Type"].startswith("application/json" if json_wanted else "text/html")
    assert got.headers["Vary"] == "Accept"


def test_page_is_sealed_and_names_nothing_outside(app):
    got = fetch(app.url + "/")
    policy = got.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'<style nonce="{nonce}">' in got.text
    assert fetch(app.url + "/").headers["Content-Security-Policy"] != policy
    assert "http://" not in got.text and "https://" not in got.text and '<html lang="en">' in got.text
    assert "{{" not in got.text


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_echo_gives_back_any_method(app, method):
    got = fetch(app.url + "/api/echo?a=b", method, b'x"\\\xc3\xa4', {"X-Mark": "m"}).json()
    assert (got["method"], got["target"], got["query"], got["body"], got["headers"]["X-Mark"]) == (method, "/api/echo?a=b", "a=b", 'x"\\ä', "m")


def test_echo_of_bytes_that_are_no_text_is_base64(app):
    for body in (b"\xff\xfe\x00", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", bytes(range(256))):
        got = fetch(app.url + "/api/echo", "POST", body).json()
        assert base64.b64decode(got["body_base64"]) == body and "body" not in got


def test_echo_joins_repeated_fields_and_reads_odd_bytes(app):
    got = exchange(app.port, "GET /api/echo HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: \xe4\r\n\r\n")
    assert json.loads(got.body)["headers"]["X"] == "1, ä"


def test_assets_are_cached_by_their_tag(app):
    got = fetch(app.url + "/assets/live.js")
    assert got.status == 200 and "max-age" in got.headers["Cache-Control"]
    again = fetch(app.url + "/assets/live.js", headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert fetch(app.url + "/assets/icon.svg").headers["Content-Type"] == "image/svg+xml"
    assert fetch(app.url + "/assets/../main.cpp").status == 404


def test_probes_and_metrics(app):
    assert fetch(app.admin + "/healthz").json()["status"] == "ok"
    assert fetch(app.admin + "/readyz").json() == {"status": "ready", "checks": [{"name": "started", "passed": True}]}
    got = fetch(app.admin + "/metrics")
    assert got.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in got.text.splitlines() if not line.startswith("#")]
    assert len(lines) < 1000
    assert all('version="v2"' in line and 'track="canary"' in line for line in lines)


def test_admin_requests_are_not_counted_and_public_ones_are_exactly():
    with App() as app:
        app.ready()
        for _ in range(7):
            fetch(app.url + "/api/info")
        wait_until(lambda: app.metric("http_requests_total", code="200") == 7, "seven answers counted")
        assert app.metric("http_requests_total") == 7
        assert app.metric("http_request_duration_seconds_count") == 7
        assert app.metric("http_requests_in_flight") == 0
        assert not any("metrics" in labels.get("path", "") for labels, _ in samples(fetch(app.admin + "/metrics").text, "http_requests_total"))


def test_effective_configuration_is_shown(app):
    assert fetch(app.admin + "/api/config").json()["CANARY_MAX_HEAD"] == "16KiB"


def test_faults_can_be_seen_but_not_changed_unless_switched_on(app):
    assert fetch(app.admin + "/api/faults").json()["error_rate"] == 0
    for method in ("PUT", "DELETE"):
        got = fetch(app.admin + "/api/faults", method, b'{"error_rate": 1}')
        assert got.status == 403 and "CANARY_FAULTS" in got.json()["detail"]
    assert fetch(app.url + "/api/info").status == 200


def test_log_level_can_be_changed(app):
    put = lambda body: fetch(app.admin + "/api/log-level", "PUT", body)
    assert put(b'{"level": "debug"}').json() == {"level": "debug"}
    assert fetch(app.admin + "/api/log-level").json() == {"level": "debug"}
    for bad in (b"", b"debug", b'{"level": "loud"}', b'{"level": 1}', b'{"levle": "info"}', b"[]"):
        got = put(bad)
        assert got.status == 400 and "level" in got.json()["detail"]


def test_admin_routes_are_not_on_the_public_port(app):
    for path in ("/metrics", "/healthz", "/readyz", "/api/config", "/api/faults"):
        assert fetch(app.url + path).status == 404


def test_access_log_has_a_line_for_each_request():
    with App(CANARY_ACCESS_LOG="1") as app:
        app.ready()
        got = fetch(app.url + "/api/echo?a=1", headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        line = app.event("request")
        assert (line["method"], line["target"], line["route"], line["status"]) == ("GET", "/api/echo?a=1", "/api/echo", 200)
        assert line["request_id"] == got.headers["X-Request-Id"] and line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
        assert line["peer"] == "127.0.0.1" and line["bytes"] == len(got.body) and 0 <= line["duration_seconds"] < 30


def test_forwarded_address_is_believed_from_trusted_proxies_only():
    for trusted, peer in (("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9"), ("127.0.0.0/8,203.0.113.0/24", "198.51.100.1")):
        with App(CANARY_ACCESS_LOG="1", CANARY_TRUSTED_PROXIES=trusted) as app:
            app.ready()
            fetch(app.url + "/api/info", headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.1, 203.0.113.9"})
            assert app.event("request")["peer"] == peer


def test_port_in_use_ends_with_1_and_names_it(app):
    with App(CANARY_HTTP_PORT=app.port) as second:
        assert second.wait() == 1
        failed = [line for line in second.log if line.get("event") == "failed"]
        assert str(app.port) in failed[0]["reason"] and "in use" in failed[0]["reason"]
