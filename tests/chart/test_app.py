"""Every name that the chart uses, against the running app: settings, ports, paths, metrics, labels, exit codes."""
import contextlib
import json
import os
import re
import subprocess

import pytest
import yaml
from chart_support.chart import PAIRS, pair
from chart_support.cluster_of_processes import Prometheus, environment, start
from chart_support.tools import CHART, built, run
from support.programs import clean_environment, fetch, wait_until

METRIC = re.compile(r"\b((?:http|process|canary|canary_demo)[a-z_]*(?::[a-z0-9_]+)*)\s*\{")
SETS = sorted(CHART.glob("ci/*-values.yaml"))


def check_config(data):
    return subprocess.run([built("CANARY_APP"), "--check-config"], env=clean_environment(**data), capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("file", SETS, ids=lambda file: file.name.removesuffix("-values.yaml"))
def test_every_rendered_environment_is_accepted(chart, file):
    rendering = chart.render(yaml.safe_load(file.read_text()) or {})
    for workload in rendering.workloads():
        data = rendering.config_of(workload)["data"]
        done = check_config(data)
        assert done.returncode == 0, done.stderr + done.stdout
        assert done.stderr.count("warning") == 0 or data.get("CANARY_STRICT") == "false", done.stderr


def test_every_setting_of_the_schema_is_one_of_the_apps_and_the_other_way_round():
    schema = json.loads((CHART / "values.schema.json").read_text())["definitions"]["settings"]["properties"]
    ours = {"CANARY_" + re.sub(r"([A-Z])", r"_\1", name).upper() for name in schema}
    said = run(built("CANARY_APP"), "--help").stdout
    theirs = set(re.findall(r"\bCANARY_[A-Z_]+\b", said))
    assert theirs and ours == theirs, (ours ^ theirs)


def test_a_value_that_slips_past_the_schema_stops_the_pod_with_exit_2(chart):
    rendering = chart.render()
    data = rendering.config_of(rendering.get("Deployment", "canary-demo"))["data"]
    done = check_config({**data, "APP_COLOR": "nocolour"})
    assert done.returncode == 2 and "APP_COLOR" in done.stderr


@pytest.mark.parametrize("name", ["canary-demo", "canary-demo-canary"])
def test_probes_ports_and_identity_are_the_pods(chart, name):
    rendering = chart.render()
    workload = rendering.get("Deployment", name)
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/" + os.path.basename(built("CANARY_APP"))]
    data = rendering.config_of(workload)["data"]
    with contextlib.ExitStack() as stack:
        app = start(stack, rendering, workload)
        served = {"http": app.url, "metrics": app.admin}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            get = container[probe]["httpGet"]
            assert fetch(served[get["port"]] + get["path"]).status == 200, probe
        (endpoint,) = next(one for one in rendering.all("ServiceMonitor") if one["metadata"]["name"] == name)["spec"]["endpoints"]
        assert fetch(served[endpoint["port"]] + endpoint["path"]).status == 200
        info = fetch(app.url + "/api/info").json()
        shown = (info["version"], info["color"], info["track"], info["config"])
        assert shown == (data["APP_VERSION"], data["APP_COLOR"], data["APP_TRACK"], data["APP_CONFIG"])
        assert app.metric("canary_build_info", config=data["APP_CONFIG"], color=data["APP_COLOR"], track=data["APP_TRACK"], version=data["APP_VERSION"]) == 1


def hook(rendering, name, app):
    """A hook's command line, with the names of Services turned into this machine's addresses."""
    (container,) = rendering.get("Job", name)["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/canaryctl"]
    out = [built("CANARYCTL")]
    for before, part in zip([""] + container["args"], container["args"]):
        if part.startswith("http://"):
            part = app.admin if before == "--admin" else app.url
        out.append(part)
    return out


def test_hooks_pass_on_what_was_asked_for_and_fail_on_anything_else(chart):
    rendering = chart.render({"replicaCount": 1, "check": {"timeoutSeconds": 3}})
    with contextlib.ExitStack() as stack:
        app = start(stack, rendering, rendering.get("Deployment", "canary-demo"))
        for name in ("canary-demo-test-stable", "canary-demo-check-stable"):
            done = run(*hook(rendering, name, app))
            assert done.returncode == 0, done.stdout + done.stderr
        done = run(*hook(rendering, "canary-demo-check-canary", app))
        assert done.returncode == 1 and "expected v2" in done.stdout and "found    v1" in done.stdout, done.stdout
        other = chart.render({"replicaCount": 1, "check": {"timeoutSeconds": 3}, "config": {"settings": {"idleTimeout": "60s"}}})
        done = run(*hook(other, "canary-demo-check-stable", app))
        assert done.returncode == 1 and "config" in done.stdout, "a stale configuration must be seen"
        four = chart.render({"check": {"timeoutSeconds": 3}})
        done = run(*hook(four, "canary-demo-check-stable", app))
        assert done.returncode == 1 and "expected 4, found 1" in done.stdout


def test_the_check_of_an_autoscaled_release_takes_more_pods_than_the_fewest(chart):
    rendering = chart.render({"autoscaling": {"enabled": True, "minReplicas": 1}, "check": {"timeoutSeconds": 3}})
    with contextlib.ExitStack() as stack:
        app = start(stack, rendering, rendering.get("Deployment", "canary-demo"))
        command = hook(rendering, "canary-demo-check-stable", app)
        assert "--or-more" in command
        done = run(*command)
        assert done.returncode == 0 and "expected 1 or more, found 1" in done.stdout, done.stdout + done.stderr


def test_the_hook_that_counts_the_split_speaks_canaryctls_language(chart):
    rendering = chart.render({"tests": {"gatewayUrl": "http://127.0.0.1:1", "splitRequests": 20}, "canary": {"weight": 0}})
    with contextlib.ExitStack() as stack:
        app = start(stack, rendering, rendering.get("Deployment", "canary-demo"))
        done = run(*hook(rendering, "canary-demo-test-split", app))
        assert done.returncode == 0, done.stdout + done.stderr
        canary = start(stack, rendering, rendering.get("Deployment", "canary-demo-canary"))
        assert run(*hook(rendering, "canary-demo-test-split", canary)).returncode == 1


def expressions(rendering):
    """Every query of rules, dashboard and analyses, as (where, expression)."""
    for group in rendering.rules()["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for config in rendering.all("ConfigMap"):
        if "dashboard" in config["metadata"]["name"]:
            yield from dashboard(config)
    for template in rendering.all("MetricTemplate"):
        query = template["spec"]["query"].replace("{{ interval }}", "1m")
        assert "{{" not in query
        yield template["metadata"]["name"], query
    for template in rendering.all("AnalysisTemplate"):
        for metric in template["spec"]["metrics"]:
            yield metric["name"], metric["provider"]["prometheus"]["query"]


def dashboard(config):
    board = json.loads(next(iter(config["data"].values())))
    constants = {one["name"]: one["query"] for one in board["templating"]["list"] if one["type"] == "constant"}
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in constants.items():
                query = query.replace(f"${name}", value)
            assert "$" not in query
            yield f"panel {panel['title']} ({target['legendFormat']})", query


@contextlib.contextmanager
def release(chart, tmp_path, router="gateway", driver="helm"):
    """One stable and one canary pod under Prometheus, with requests of which some of the canary's fail."""
    rendering = chart.render(pair(router, driver))
    with contextlib.ExitStack() as stack:
        pods = []
        for track in ("stable", "canary"):
            if driver == "helm":
                workload = rendering.get("Deployment", "canary-demo" + ("" if track == "stable" else "-canary"))
                service = workload["metadata"]["name"] + "-metrics"
                name, labels = f"{workload['metadata']['name']}-abc-12345", workload["spec"]["template"]["metadata"]["labels"]
            else:
                (workload,) = rendering.workloads()
                service = "canary-demo-metrics"
                name = "canary-demo-primary-abc-12345" if (track, driver) == ("stable", "flagger") else "canary-demo-def-12345"
                labels = {"track": track} if driver == "argo-rollouts" else {}
            faults = {"CANARY_FAULT_ERROR_RATE": "0.5", "CANARY_FAULT_SEED": "1"} if track == "canary" else {}
            pods.append((start(stack, rendering, workload, **faults), service, name, labels))
        prometheus = Prometheus(tmp_path, rendering, pods)
        stack.callback(prometheus.close)
        wait_until(lambda: len(prometheus.query("count_over_time(up[1m]) >= 2")) == 2, "two scrapes")
        for _ in range(40):
            for app, *_ in pods:
                fetch(app.url + "/api/info")
        yield rendering, prometheus


def test_queries_name_metrics_and_labels_that_are_served(chart, tmp_path):
    with release(chart, tmp_path) as (rendering, prometheus):
        wait_until(lambda: prometheus.query("canary_demo:budget_left:ratio"), "rules evaluated")
        wait_until(lambda: len(prometheus.query('canary_demo:error_ratio:rate3d{scope="track"}')) == 2, "both tracks in the rules")
        served = {labels["__name__"] for labels, _ in prometheus.query('{__name__=~".+"}')}
        asked = 0
        for where, expression in expressions(rendering):
            for name in METRIC.findall(expression):
                asked += 1
                assert name in served, f"{where} asks for {name}, which nobody serves"
        assert asked > 60
        for where, query in expressions(rendering):
            if where.startswith("panel"):
                wait_until(lambda: [value for _, value in prometheus.query(query) if value == value], f"data for {where}: {query}")
        errors = {labels["track"]: value for labels, value in prometheus.query('canary_demo:error_ratio:rate5m{scope="track"}')}
        assert errors["stable"] == 0 and 0.2 < errors["canary"] < 0.8
        assert [value for _, value in prometheus.query("canary_demo:canary_weight_set:ratio")] == [0.2]
        observed = prometheus.query("canary_demo:canary_weight_observed:ratio")[0][1]
        assert observed == pytest.approx(0.5, abs=0.1), "both pods got as many requests here"
        versions = {labels["version"] for labels, _ in prometheus.query('sum(rate(http_requests_total[5m])) by (version)')}
        assert versions == {"v1", "v2"}


@pytest.mark.parametrize("router, driver", [("gateway", "flagger"), ("nginx", "argo-rollouts")])
def test_a_controllers_tracks_are_apart_although_both_pods_say_stable(chart, tmp_path, router, driver):
    with release(chart, tmp_path, router, driver) as (rendering, prometheus):
        found = {labels["track"] for labels, _ in prometheus.query('canary_build_info')}
        assert found == {"stable", "canary"}
        assert not prometheus.query('{exported_track=~".+"}'), "the pod's own word must be gone"
        for where, query in expressions(rendering):
            if "error-percent" in where:
                value = wait_until(lambda: prometheus.query(query), where)
                assert 20 < value[0][1] < 80, (where, value)
            if "latency" in where and "panel" not in where and ":" not in where:
                assert wait_until(lambda: prometheus.query(query), where)[0][1] < 1


def test_flaggers_built_in_query_finds_the_canary(chart, tmp_path):
    """The query that Flagger itself sends for providers without counters of their own (pkg/metrics/observers/http.go)."""
    with release(chart, tmp_path, "gateway", "flagger") as (_, prometheus):
        pods = 'kubernetes_namespace="canary-demo",kubernetes_pod_name=~"canary-demo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
        name = "http_request_duration_seconds_count"
        query = f'sum(rate({name}{{{pods},status!~"5.*"}}[1m])) / sum(rate({name}{{{pods}}}[1m])) * 100'
        value = wait_until(lambda: [one for _, one in prometheus.query(query) if one == one], "an answer")[0]
        assert 20 < value < 80, "it must see the canary alone, whose requests fail every second time"


def test_every_pair_renders_environments_that_start(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        for workload in rendering.workloads():
            assert check_config(environment(rendering, workload)).returncode == 0
