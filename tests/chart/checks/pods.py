"""The pods: safe, probed, spread, and given the time they need to stop."""
import json

from chart_support.chart import PAIRS, milliseconds, pair, selects
from chart_support.tools import run, tool

from .traffic import _pods


def _pass_restricted(templates):
    """`templates` are (name, pod template)."""
    pods = [{"metadata": {"name": name}, "spec": template["spec"]} for name, template in templates]
    done = run(tool("PODSECURITY"), "restricted", stdin=json.dumps(pods))
    assert done.returncode == 0, done.stdout + done.stderr


def they_pass_pod_security_restricted(chart):
    pods = []
    for router, driver in PAIRS:
        values = pair(router, driver, tests={"gatewayUrl": "http://gateway"})
        for name, template in chart.render(values).pod_templates():
            pods.append((f"{router}/{driver}/{name}", template))
    assert len(pods) > 15
    _pass_restricted(pods)


def they_hold_no_token_no_links_and_no_writable_root(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        assert rendering.get("ServiceAccount")["automountServiceAccountToken"] is False
        for name, template in rendering.pod_templates():
            spec = template["spec"]
            assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False, name
            for container in spec["containers"]:
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                assert container["resources"]["requests"]["cpu"] and container["resources"]["limits"]["memory"]


def the_grace_period_is_longer_than_draining(chart):
    cases = [{}, {"drainDelay": "1500ms", "drainTimeout": "1m"}, {"drainDelay": "0s", "drainTimeout": "15s"}, {"drainDelay": "2m", "drainTimeout": "1h"}]
    for settings in cases:
        rendering = chart.render({"config": {"settings": settings}})
        for workload in rendering.workloads():
            data = rendering.config_of(workload)["data"]
            drains = milliseconds(data["CANARY_DRAIN_DELAY"]) + milliseconds(data["CANARY_DRAIN_TIMEOUT"])
            grace = workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] * 1000
            assert drains + 5_000 <= grace <= drains + 30_000, (settings, grace)
    own = chart.render({"config": {"canary": {"settings": {"drainTimeout": "10m"}}}})
    periods = [one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] for one in own.workloads()]
    assert sorted(periods) == [35, 615], periods


def probes_ask_the_admin_port(chart):
    rendering = chart.render({"config": {"settings": {"httpPort": 9000, "adminPort": 9001}}})
    for workload in rendering.workloads():
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports == {"http": 9000, "metrics": 9001}
        data = rendering.config_of(workload)["data"]
        assert (data["CANARY_HTTP_PORT"], data["CANARY_ADMIN_PORT"]) == ("9000", "9001")
        asked = {probe: container[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
        assert asked == {
            "startupProbe": {"path": "/healthz", "port": "metrics"},
            "readinessProbe": {"path": "/readyz", "port": "metrics"},
            "livenessProbe": {"path": "/healthz", "port": "metrics"},
        }


def both_tracks_come_from_one_template(chart):
    rendering = chart.render({"extraEnv": [{"name": "A", "value": "b"}], "podAnnotations": {"a": "b"}, "sidecars": [{"name": "s", "image": "s:1"}]})
    one, two = (workload["spec"]["template"] for workload in rendering.workloads())
    text = json.dumps(one, sort_keys=True)
    for now, then in (("canary-demo-stable-", "canary-demo-canary-"), ("localhost/canary:v1", "localhost/canary:v2"), ('"track": "stable"', '"track": "canary"')):
        assert now in text
        text = text.replace(now, then)
    hashes = [workload["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"] for workload in rendering.workloads()]
    assert text.replace(hashes[0].rsplit("-", 1)[1], hashes[1].rsplit("-", 1)[1]) == json.dumps(two, sort_keys=True)


def updates_never_take_a_pod_away_first(chart):
    for router, driver in PAIRS:
        for workload in chart.render(pair(router, driver)).workloads():
            spec = workload["spec"]
            strategy = spec["strategy"].get("canary") or spec["strategy"]["rollingUpdate"]
            assert strategy["maxUnavailable"] == 0 and strategy["maxSurge"] == 1 and spec["minReadySeconds"] > 0


def tracks_are_spread_each_on_its_own(chart):
    for workload in chart.render().workloads():
        spec = workload["spec"]["template"]["spec"]
        (constraint,) = spec["topologySpreadConstraints"]
        assert constraint["labelSelector"]["matchLabels"] == workload["spec"]["selector"]["matchLabels"]
    for router, driver in PAIRS:
        if driver != "helm":
            (workload,) = chart.render(pair(router, driver)).workloads()
            (constraint,) = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
            assert constraint["matchLabelKeys"] or constraint["labelSelector"]["matchLabels"]["app"]


def budgets_cover_each_track_and_let_a_single_canary_go(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        pods = _pods(rendering)
        budgets = {one["metadata"]["name"]: one["spec"] for one in rendering.all("PodDisruptionBudget")}
        assert set(budgets) == {"canary-demo", "canary-demo-canary"}
        for track, name in (("stable", "canary-demo"), ("canary", "canary-demo-canary")):
            hit = [other for other, labels in pods.items() if selects(budgets[name]["selector"]["matchLabels"], labels)]
            assert hit == [track], (driver, name, hit)
            assert budgets[name]["maxUnavailable"] == 1 and "minAvailable" not in budgets[name]


def images_go_by_tag_or_digest(chart):
    digest = "sha256:" + "a" * 64
    values = {"image": {"repository": "registry.example/app", "digest": digest}, "canary": {"image": {"repository": "registry.example/next"}}}
    images = [one["spec"]["template"]["spec"]["containers"][0]["image"] for one in chart.render(values).workloads()]
    assert images == [f"registry.example/app@{digest}", "registry.example/next:v2"]
    hooks = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in chart.render(values).jobs()}
    assert hooks == {f"registry.example/app@{digest}"}, "hooks run from stable's image, which is known to start"
    programs = {tuple(template["spec"]["containers"][0]["command"]) for _, template in chart.render().pod_templates()}
    assert programs == {("/canary-app",), ("/canaryctl",)}
