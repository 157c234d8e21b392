"""Real Helm, both majors, over every pair and every set of values under chart/ci/; every object against its schema."""
import re
import subprocess

import pytest
import yaml
from chart_support.chart import PAIRS, Chart, Refused, pair
from chart_support.tools import CHART, run, tool

SETS = sorted(CHART.glob("ci/*-values.yaml"))
ROUTERS, DRIVERS = ("gateway", "nginx", "none"), ("helm", "flagger", "argo-rollouts")


def conform(text):
    """kubeconform over a rendering; strict, nothing skipped."""
    location = tool("SCHEMAS") + "/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    done = run(tool("KUBECONFORM"), "-strict", "-summary", "-output", "text", "-schema-location", location, "-", stdin=text)
    assert done.returncode == 0 and "Skipped: 0" in done.stdout, done.stdout + done.stderr


def test_there_are_about_twenty_sets():
    assert len(SETS) >= 20


@pytest.mark.parametrize("file", SETS, ids=lambda file: file.name.removesuffix("-values.yaml"))
def test_sets_of_values(file):
    values = yaml.safe_load(file.read_text()) or {}
    renderings = {helm: Chart(helm=helm).render(values) for helm in ("HELM", "HELM3")}
    conform(renderings["HELM"].text)
    assert renderings["HELM"].objects == renderings["HELM3"].objects, "Helm 3 and 4 render the same"
    names = renderings["HELM"].names()
    assert len(names) == len(set(names)), "two objects of one name"


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_router_with_every_driver(chart, router, driver):
    if (router, driver) in PAIRS:
        rendering = chart.render(pair(router, driver))
        conform(rendering.text)
        assert rendering.workloads()
    else:
        said = chart.refusal(pair(router, driver))
        assert "traffic.driver" in said and "traffic.router" in said


@pytest.mark.parametrize("helm", ["HELM", "HELM3"])
def test_lint_is_strict_and_clean(helm):
    for file in SETS:
        done = run(tool(helm), "lint", "--strict", CHART, "-f", file)
        assert done.returncode == 0 and "[WARNING]" not in done.stdout and "[ERROR]" not in done.stdout, file.name + done.stdout + done.stderr


def test_rendering_is_deterministic():
    for router, driver in PAIRS:
        first, second = (Chart().render(pair(router, driver)).text for _ in range(2))
        assert first == second


def test_names_fit_where_they_go(chart):
    """Long release names: what Kubernetes bounds to 63 characters stays below, and two of them stay apart."""
    one, two = (chart.render(release="r" * 52 + end, values={"tests": {"gatewayUrl": "http://g"}}) for end in "ab")
    for rendering in (one, two):
        for kind, name in rendering.names():
            assert len(name) <= (253 if kind == "ConfigMap" else 63), (kind, name)
            assert len(name) + len("-primary") <= 63 or kind != "Deployment", (kind, name)
    assert not set(one.names()) & set(two.names())


def test_fullname_and_name_can_be_replaced(chart):
    names = {name for _, name in chart.render({"fullnameOverride": "shop"}).names()}
    assert {"shop", "shop-canary", "shop-metrics"} <= names and not [name for name in names if not name.startswith("shop")]
    rendering = chart.render({"nameOverride": "shop"}, release="blue")
    assert rendering.get("Service", "blue-shop")["spec"]["selector"]["app.kubernetes.io/name"] == "shop"


def test_every_object_says_whose_it_is(chart):
    for router, driver in PAIRS:
        for one in chart.render(pair(router, driver, commonLabels={"team": "a"})).objects:
            labels = one["metadata"]["labels"]
            assert labels["app.kubernetes.io/instance"] == "canary-demo" and labels["helm.sh/chart"].startswith("canary-demo-")
            assert labels["team"] == "a", one["metadata"]["name"]


@pytest.mark.parametrize("router, driver", PAIRS)
def test_notes_use_the_releases_real_names(tmp_path, router, driver):
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(pair(router, driver)))
    done = run(tool("HELM"), "install", "blue", CHART, "-n", "shop", "--dry-run=client", "-f", values)
    assert done.returncode == 0, done.stderr
    notes = done.stdout.split("NOTES:")[1]
    for word in ("release blue in namespace shop", "-n shop", "WATCH", "GO BACK", "canary_demo:budget_left:ratio{namespace=\"shop\",release=\"blue\"}"):
        assert word in notes, notes
    if driver == "helm":
        assert "canary.weight=0" in notes and "--force-conflicts" in notes and "helm rollback blue <revision>" in notes
        assert ("80 %" in notes) is (router != "none")
    if driver == "argo-rollouts":
        assert "--wait=legacy" in notes
    assert "<no value>" not in notes and "%!" not in notes


DIGESTS = ["sha256:" + letter * 64 for letter in "ab"]


@pytest.mark.parametrize("values", [
    {},
    {"image": {"digest": DIGESTS[0]}},
    {"image": {"digest": DIGESTS[0]}, "canary": {"image": {"digest": DIGESTS[1], "repository": "registry.example/next"}}},
    {"config": {"stable": {"appVersion": "1.0", "appRevision": "17"}}},
    {"config": {"canary": {"appVersion": "2.0", "appRevision": "1234567"}}},
], ids=str)
def test_the_promotion_of_the_notes_makes_stable_what_the_canary_is(chart, tmp_path, values):
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    notes = run(tool("HELM"), "install", "blue", CHART, "--dry-run=client", "-f", file).stdout.split("\nPROMOTE")[1]
    flags = re.search(r"--reuse-values (.*) --wait", notes)[1].split()

    def is_now(rendering, name):
        deployment = rendering.get("Deployment", name)
        data = rendering.config_of(deployment)["data"]
        return deployment["spec"]["template"]["spec"]["containers"][0]["image"], data["APP_VERSION"], data["APP_COLOR"], data.get("APP_REVISION")
    after = chart.render(values, extra=flags)
    assert is_now(after, "canary-demo") == is_now(chart.render(values), "canary-demo-canary")
    assert after.get("HTTPRoute")["spec"]["rules"][-1]["backendRefs"][1]["weight"] == 0


def test_the_chart_packages(tmp_path):
    done = run(tool("HELM"), "package", CHART, "-d", tmp_path)
    assert done.returncode == 0, done.stderr
    inside = subprocess.run(["tar", "-tzf", next(tmp_path.glob("*.tgz"))], capture_output=True, text=True, check=True).stdout
    assert "dashboards/canary-demo.json" in inside and "values.schema.json" in inside and "/ci/" not in inside


def test_it_works_inside_another_chart(tmp_path):
    """As a subchart it gets `global`, and its values under its name."""
    outer = tmp_path / "outer"
    (outer / "charts").mkdir(parents=True)
    (outer / "Chart.yaml").write_text("apiVersion: v2\nname: outer\nversion: 1.0.0\n")
    (outer / "charts" / "canary-demo").symlink_to(CHART)
    rendering = Chart(outer).render({"global": {"a": 1}, "canary-demo": {"canary": {"weight": 30}}}, release="outer")
    assert rendering.get("HTTPRoute")["spec"]["rules"][-1]["backendRefs"][1]["weight"] == 30
    with pytest.raises(Refused):
        Chart(outer).render({"canary-demo": {"canary": {"weight": 300}}}, release="outer")
