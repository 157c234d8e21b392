"""The README's section "On your own cluster": every block marked as tested, run in order as it stands there."""

import json
import os
import pathlib
import re

import pytest

from conftest import GATEWAY
from support import kube, prometheus
from support.load import CANARYCTL
from support.process import run
from support.record import record

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMESPACE = "readme"  # the page's own namespace and host belong to another step of the story
NEXT = "=== next block"


def blocks():
    page = (ROOT / "README.md").read_text()
    section = page[page.index("## On your own cluster"):page.index("### The test cluster")]
    found = re.findall(r"^<!-- tested -->\n```sh\n(.*?)^```", section, re.S | re.M)
    assert len(found) == section.count("<!-- tested -->") >= 7
    return found


def for_this_run(block):
    """The same commands with this step's namespace and host."""
    return (block.replace("-n canary-demo", f"-n {NAMESPACE}").replace("canary-demo.local", f"{NAMESPACE}.local")
            .replace('namespace="canary-demo"', f'namespace="{NAMESPACE}"')
            .replace("helm install canary-demo ./chart", f"helm install canary-demo ./chart --set traffic.hosts[0]={NAMESPACE}.local"))


@pytest.fixture(scope="module")
def printed(gateway, monitoring):
    """What each block printed."""
    assert gateway and monitoring
    if prometheus.URL.split("/")[2] != "prometheus-operated.monitoring.svc.cluster.local:9090":
        pytest.skip("the page's Prometheus is the operator's own in namespace monitoring")
    # Helm returns when the pods are ready; the gateway takes a moment to learn of a new route or weight.
    script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    for block in blocks():
        for line in for_this_run(block).splitlines():
            # Prometheus scrapes every 15 s and lets `rate` see a counter from the second scrape on.
            script += "sleep 3\n" if line.startswith("for ") else "sleep 32\n" if "svc/prometheus" in line else ""
            script += line + "\n"
        script += f"echo '{NEXT}'\n"
    path = os.pathsep.join([str(pathlib.Path(CANARYCTL).resolve().parent), os.environ["PATH"]])
    try:
        done = run("bash", "-c", f"cd '{ROOT}'\n{script}", timeout=400, env={**os.environ, "PATH": path, "GATEWAY": GATEWAY})
        yield done.stdout.split(NEXT)
    finally:
        run("helm", "uninstall", "canary-demo", "-n", NAMESPACE, "--ignore-not-found", "--wait", "--timeout", "60s", check=False)
        kube.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=90s")


def colours(text):
    return {json.loads(line)["color"] for line in text.splitlines() if line.startswith("{") and '"color"' in line}


def block_with(printed, command):
    return printed[next(i for i, block in enumerate(blocks()) if command in block)]


def test_the_pods_and_the_check(printed):
    text = block_with(printed, "helm install")
    assert len(re.findall(r"Running .* stable *$", text, re.M)) == 4 and len(re.findall(r"Running .* canary *$", text, re.M)) == 1, text
    assert "Succeeded" in text


def test_twenty_requests_see_white_and_green_and_a_tester_the_canary(printed):
    text = block_with(printed, "seq 20")
    assert colours(text) == {"white", "green"}, text
    assert colours(text.strip().splitlines()[-1]) == {"green"}, text


def test_after_the_upgrade_there_is_yellow_and_after_the_rollback_green(printed):
    assert colours(block_with(printed, "appColor=yellow")) == {"white", "yellow"}
    text = block_with(printed, "helm rollback")
    assert colours(text) == {"white", "green"}, text
    assert re.search(r"^3\s.*deployed", text, re.M), text


def test_the_queries_and_the_budget_answer(printed):
    text = block_with(printed, "port-forward svc/prometheus")
    answers = [json.loads(line) for line in text.splitlines() if line.startswith('{"status"')]
    assert len(answers) == 2 and all(answer["status"] == "success" for answer in answers), text
    for answer in answers:
        assert {"v1", "v2"} <= {sample["metric"]["version"] for sample in answer["data"]["result"]}, text
    budget = text[text.index("objective 99.9"):]
    assert re.search(r"^all$.*?^  requests  [1-9].*, failed 0$", budget, re.S | re.M), budget


def test_promoted_everybody_sees_green_and_nothing_is_left(printed):
    assert colours(block_with(printed, "appColor=green")) == {"green"}
    assert "deployment" not in kube.kubectl("get", "all", "-n", NAMESPACE, "-o", "name")
    record("readme", blocks=len(blocks()))
