"""Who is served by which version, seen by a client of the gateway."""

import json

import pytest

from conftest import HOST
from support import client
from support.load import canaryctl
from support.record import record

REQUESTS = 2000
COLORS = {"v1": "white", "v2": "green"}


def test_four_fifths_of_the_requests_reach_stable(routed):
    answer = canaryctl("split", routed.url + "/api/info", "--header", f"Host: {routed.host}", "--expect", "v1=80,v2=20",
                       "-n", REQUESTS, "--confidence", "0.999999", "--output", "json", check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    record(f"split-{routed.router}", **json.loads(answer.stdout))


def test_twenty_requests_of_a_shell_loop_show_white_and_green(routed):
    seen = {}
    for _ in range(20):
        page = client.request(routed.url, routed.host)
        assert page.status == 200
        version = page.headers["X-Canary-Version"]
        assert f"{COLORS[version]}".encode() in page.body
        seen[version] = seen.get(version, 0) + 1
    assert "v1" in seen, seen
    record(f"colours-{routed.router}", requests=20, seen={COLORS[version]: count for version, count in seen.items()})


@pytest.mark.parametrize("wanted, version", [("always", "v2"), ("never", "v1")])
@pytest.mark.parametrize("way", ["header", "cookie"])
def test_a_tester_chooses_the_track(routed, way, wanted, version):
    headers = {"X_Canary": wanted} if way == "header" else {"Cookie": f"theme=dark; canary={wanted}; lang=en"}
    seen = [client.info(routed.url, routed.host, **headers)["version"] for _ in range(50)]
    assert set(seen) == {version}


def test_any_other_value_is_drawn_like_everybody(routed):
    seen = {client.info(routed.url, routed.host, X_Canary="perhaps")["version"] for _ in range(100)}
    assert seen == {"v1", "v2"}


def test_admin_port_is_not_on_the_public_route(routed):
    for path in ("/metrics", "/readyz", "/api/faults", "/api/config"):
        assert client.request(routed.url, routed.host, path).status == 404, path


def test_other_hosts_do_not_reach_the_service(gateway):
    assert client.request(gateway, "somebody-else.local").status == 404
    assert HOST != "somebody-else.local"
