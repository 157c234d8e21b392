"""canaryctl judge with a gateway's counters beside the pods': errors that no pod has seen."""
import contextlib
import json
import shutil
import time

import pytest

from support.programs import wait_until
from support.prometheus import Prometheus
from support.servers import Server, answer
from test_judge import Pods, judge, metric

needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")
NAMES = ["--namespace", "shop", "--stable-service", "web", "--canary-service", "web-canary"]

# As the gateways write them: (of stable, of the canary), each followed by the label of the status.
SERIES = {
    "traefik": (
        'traefik_service_requests_total{{code="{}",method="GET",protocol="http",service="httproute-shop-web-gw-shop-main-ep-web-0-2b4c-svc-shop-web-8080@kubernetesgateway"}}',
        'traefik_service_requests_total{{code="{}",method="GET",protocol="http",service="httproute-shop-web-gw-shop-main-ep-web-0-2b4c-svc-shop-web-canary-8080@kubernetesgateway"}}'),
    "ingress-nginx": (
        'nginx_ingress_controller_requests{{canary="",ingress="web",method="GET",namespace="shop",path="/",service="web",status="{}"}}',
        'nginx_ingress_controller_requests{{canary="shop-web-canary-8080",ingress="web",method="GET",namespace="shop",path="/",service="web",status="{}"}}'),
}


class Gateway(Server):
    """Counts as time goes by: 80 requests a second for stable and 20 for the canary, of which a share is answered 502.

    Others' requests are all answered 502: they are no one's business here."""

    def __init__(self, kind, bad_share):
        begin = time.monotonic()
        stable, canary = SERIES[kind]
        others = stable.replace("svc-shop-web-", "svc-shop-webshop-").replace('service="web"', 'service="webshop"')

        async def behave(reader, writer, server):
            while True:
                await server.head(reader)
                seconds = time.monotonic() - begin
                bad = int(20 * seconds * bad_share)
                lines = [f"{stable.format(200)} {1000 + int(80 * seconds)}", f"{canary.format(200)} {50 + int(20 * seconds) - bad}"]
                if bad:
                    lines.append(f"{canary.format(502)} {bad}")  # the series comes with its first event
                lines.append(f"{others.format(502)} {int(500 * seconds)}")
                writer.write(answer("\n".join(lines) + "\n", fields="Content-Type: text/plain; version=0.0.4\r\n"))
                await writer.drain()
        super().__init__(behave)


@contextlib.contextmanager
def scraped(folder, pods, gateway):
    targets = [f"127.0.0.1:{pod.admin_port}" for pod in pods.stable + pods.canary] + [f"127.0.0.1:{gateway.port}"]
    prometheus = Prometheus(folder, targets)
    try:
        wait_until(lambda: prometheus.query("count(count_over_time(up[1m]) >= 2)").get("") == 3, "pods and gateway scraped")
        yield ["--prometheus", f"http://127.0.0.1:{prometheus.port}"]
    finally:
        prometheus.close()


@needs_prometheus
@pytest.mark.parametrize("kind", SERIES)
def test_what_only_the_gateway_sees_rolls_back_by_way_of_prometheus(tmp_path, kind):
    with Pods().traffic(80, 20) as pods, Gateway(kind, 0.3) as gateway, scraped(tmp_path, pods, gateway) as source:
        lines = judge(*source, "--gateway", kind, *NAMES, "--slow-bound", "none", deadline="60s")
    rolled_back_by_the_gateway_alone(lines)


@pytest.mark.parametrize("kind", SERIES)
def test_what_only_the_gateway_sees_rolls_back_by_scrapes(kind):
    with Pods().traffic(80, 20) as pods, Gateway(kind, 0.3) as gateway:
        lines = judge(*pods.scrape(), f"gateway={gateway.url}/metrics", "--gateway", kind, *NAMES, "--slow-bound", "none", deadline="60s")
    rolled_back_by_the_gateway_alone(lines)


def rolled_back_by_the_gateway_alone(lines):
    last = lines[-1]
    assert last["decision"] == "rollback" and last["cause"] == "evidence" and "gateway-errors in" in last["reason"], json.dumps(last)
    seen, pods = metric(last, "gateway-errors"), metric(last)
    assert pods["canary"]["events"] == pods["stable"]["events"] == seen["stable"]["events"] == 0
    assert 0 < seen["canary"]["events"] < seen["canary"]["requests"] < seen["stable"]["requests"]
    # The shares of one stretch of time; neither what was counted before it nor what belongs to others.
    assert seen["canary"]["events"] / seen["canary"]["requests"] == pytest.approx(0.3, abs=0.15)
    assert seen["canary"]["requests"] / seen["stable"]["requests"] == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize("kind", SERIES)
def test_a_gateway_that_knows_the_services_by_other_names_is_said(kind):
    """Without its counts there would be no promotion, and no word about why."""
    with Pods().traffic(80, 20) as pods, Gateway(kind, 0) as gateway:
        lines = judge(*pods.scrape(), f"gateway={gateway.url}/metrics", "--gateway", kind, "--namespace", "mall", "--stable-service", "shopfront",
                      "--canary-service", "web-canary", "--slow-bound", "none", deadline="2s")
    assert lines[-1]["decision"] == "inconclusive"
    said = lines[-2]["problems"]
    assert len(said) == 2 and all(problem.startswith("the gateway has no ") for problem in said)
    assert "shopfront" in said[0] and "mall" in said[1] and "web-canary" in said[1]


@needs_prometheus
def test_a_gateway_without_errors_holds_nothing_against_the_canary(tmp_path):
    with Pods().traffic(80, 20) as pods, Gateway("traefik", 0) as gateway, scraped(tmp_path, pods, gateway) as source:
        last = judge(*source, "--gateway", "traefik", *NAMES, "--slow-bound", "none", deadline="6s")[-1]
    seen = metric(last, "gateway-errors")
    assert last["decision"] == "inconclusive" and last["rollback_evidence"] == 1
    assert seen["canary"]["requests"] > 0 and seen["canary"]["events"] == seen["stable"]["events"] == 0
