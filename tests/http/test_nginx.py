"""nginx in front of a stable and a canary process, with split_clients 80:20: canaryctl sees that split, and no other."""
import base64
import contextlib
import json
import os
import shutil
import subprocess

import pytest

from support.programs import App, canaryctl, fetch, free_port, wait_until

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

CONFIGURATION = """
{user}
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream stable {{ server 127.0.0.1:{stable}; keepalive 8; }}
  upstream canary {{ server 127.0.0.1:{canary}; keepalive 8; }}
  split_clients "$request_id" $track {{ 20% canary; * stable; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://$track; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_next_upstream off; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(folder, stable, canary):
    port = free_port()
    configuration = folder / "nginx.conf"
    # As root nginx gives its workers to another user, who may not write into the test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(CONFIGURATION.format(user=user, folder=folder, stable=stable, canary=canary, port=port))
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")])
    try:
        def up():
            assert process.poll() is None, (folder / "error.log").read_text()
            with contextlib.suppress(OSError):
                return fetch(f"http://127.0.0.1:{port}/api/info").status == 200
        wait_until(up, "nginx")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with App("v1", "white", "stable") as stable, App("v2", "green", "canary") as canary:
        stable.ready(), canary.ready()
        with nginx(tmp_path_factory.mktemp("nginx"), stable.port, canary.port) as url:
            yield url


def test_nginx_splitting_80_20_passes_the_split_test(gateway):
    got = canaryctl("split", gateway, "--expect", "v1=80,v2=20", "-n", 2000, "--output", "json")
    assert got.returncode == 0, got.stdout + got.stderr
    json.loads(got.stdout)


def test_a_wrong_expectation_fails_the_split_test(gateway):
    got = canaryctl("split", gateway, "--expect", "v1=60,v2=40", "-n", 2000)
    assert got.returncode == 1, got.stdout + got.stderr


def test_bodies_pass_through_nginx_whole(gateway):
    body = os.urandom(300_000)
    for _ in range(20):
        got = fetch(gateway + "/api/echo", method="POST", body=body, headers={"Content-Type": "application/octet-stream"})
        assert got.status == 200
        assert base64.b64decode(got.json()["body_base64"]) == body
