"""The judge: the Job after an upgrade, the webhook for controllers, and who asks what."""
import re
import urllib.parse

from chart_support.chart import milliseconds, pair, selects

from .network import _reaches
from .pods import _pass_restricted
from .traffic import _pods

CONTROLLERS = [("gateway", "flagger"), ("nginx", "flagger"), ("nginx", "argo-rollouts")]
GATES = {"confirm-rollout", "pre-rollout", "rollout", "confirm-promotion", "rollback"}


def _judged(chart, router="gateway", driver="helm", **more):
    return chart.render(pair(router, driver, **{**more, "judge": {"enabled": True, **more.get("judge", {})}}))


def _job(rendering):
    return rendering.get("Job", "canary-demo-judge")


def _args(workload):
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/canaryctl"]
    return container["args"]


def _options(args):
    """{option: [values]} of a command line whose options all have one value."""
    out = {}
    for name, value in zip(args[1::2], args[2::2]):
        assert name.startswith("--"), args
        out.setdefault(name, []).append(value)
    return out


def _names_of(workload, rendering):
    data = rendering.config_of(workload)["data"]
    return data["APP_VERSION"], data["APP_CONFIG"]


def a_job_judges_after_an_upgrade_and_its_check_and_only_then(chart):
    rendering = _judged(chart)
    notes = _job(rendering)["metadata"]["annotations"]
    assert notes["helm.sh/hook"] == "post-upgrade"
    others = [int(job["metadata"]["annotations"]["helm.sh/hook-weight"]) for job in rendering.jobs() if "-check-" in job["metadata"]["name"]]
    assert others and int(notes["helm.sh/hook-weight"]) > max(others), "the check comes first: a pod that does not serve is no evidence"
    assert set(notes["helm.sh/hook-output-log-policy"].split(",")) == {"hook-succeeded", "hook-failed"}, "helm shows the verdict"
    assert _job(rendering)["spec"]["backoffLimit"] == 0, "a verdict is not asked for twice"
    for deadline in ("90s", "10m", "1h"):
        spec = _job(_judged(chart, judge={"deadline": deadline}))["spec"]
        assert milliseconds(deadline) + 30_000 <= spec["activeDeadlineSeconds"] * 1000 <= milliseconds(deadline) + 120_000


def nothing_is_judged_without_two_tracks_with_traffic(chart):
    for values, judged in [
        ({}, True),
        ({"canary": {"weight": 1}}, True),
        ({"canary": {"weight": 99}}, True),
        ({"canary": {"weight": 0}}, False),
        ({"canary": {"weight": 100}}, False),
        ({"canary": {"enabled": False}}, False),
        ({"canary": {"weight": 0, "replicaCount": 0}}, False),
        ({"judge": {"enabled": False}}, False),
    ]:
        rendering = _judged(chart, **values)
        assert ("canary-demo-judge" in [job["metadata"]["name"] for job in rendering.jobs()]) is judged, values
        assert "canary-demo-judge" not in [one["metadata"]["name"] for one in rendering.all("Deployment")]


def the_job_judges_the_pods_under_test(chart):
    rendering = _judged(chart)
    args = _args(_job(rendering))
    options = _options(args)
    assert args[0] == "judge"
    for track, name in (("stable", "canary-demo"), ("canary", "canary-demo-canary")):
        version, config = _names_of(rendering.get("Deployment", name), rendering)
        assert options[f"--{track}-version"] == [version] and options[f"--{track}-config"] == [config]
        (matchers,) = options[f"--{track}"]
        job = re.search(r'job=~"([^"]+)"', matchers)[1]
        assert re.fullmatch(job, rendering.get("Service", f"{name}-metrics")["metadata"]["name"])
        assert f'track="{track}"' in matchers and 'namespace="canary-demo"' in matchers
    assert options["--prometheus"] == ["http://prometheus-operated.monitoring:9090"]
    own = _options(_args(_job(_judged(chart, judge={"alpha": 0.01, "beta": 0.1, "slo": 99, "interval": "1s", "slowBounds": [], "warmup": "10s", "deadline": "2m", "onInconclusive": "rollback"}))))
    for name, value in {"--alpha": "0.01", "--beta": "0.1", "--slo": "99", "--interval": "1s", "--slow-bound": "none", "--warmup": "10s", "--deadline": "2m", "--on-inconclusive": "rollback"}.items():
        assert own[name] == [value], (name, own[name])


def a_scraping_job_finds_the_headless_services(chart):
    values = {"config": {"canary": {"settings": {"adminPort": 9001}}}, "judge": {"source": "scrape"}}
    rendering = _judged(chart, **values)
    options = _options(_args(_job(rendering)))
    assert "--prometheus" not in options
    where = dict(one.split("=") for one in options["--scrape"])
    assert set(where) == {"stable", "canary"}
    for track, address in where.items():
        host, port = address.split(":")
        service = rendering.get("Service", host.removesuffix(".canary-demo.svc"))
        assert service["spec"]["clusterIP"] == "None" and service["spec"]["ports"][0]["port"] == int(port)
        assert [name for name, labels in _pods(rendering).items() if selects(service["spec"]["selector"], labels)] == [track]


def flagger_asks_the_judge_at_its_gates(chart):
    for router in ("gateway", "nginx"):
        rendering = _judged(chart, router, "flagger", flagger={"webhooks": [{"name": "own", "type": "rollout", "url": "http://own/"}]})
        hooks = rendering.get("Canary")["spec"]["analysis"]["webhooks"]
        assert hooks.pop()["name"] == "own"
        assert {hook["type"] for hook in hooks} == GATES
        version, config = _names_of(rendering.get("Deployment", "canary-demo"), rendering)
        for hook in hooks:
            assert hook["metadata"] == {"version": version, "config": config}
            url = urllib.parse.urlparse(hook["url"])
            assert url.path == f"/flagger/{hook['type']}", hook
            _is_the_webhook(rendering, url)


def argo_rollouts_asks_the_judge_beside_its_steps_and_at_the_end(chart):
    rendering = _judged(chart, "nginx", "argo-rollouts")
    canary = rendering.get("Rollout")["spec"]["strategy"]["canary"]
    templates = {one["metadata"]["name"]: one["spec"] for one in rendering.all("AnalysisTemplate")}
    beside = [one["templateName"] for one in canary["analysis"]["templates"]]
    (last,) = [one["templateName"] for one in canary["steps"][-1]["analysis"]["templates"]]
    assert set(templates) == {*beside, last} and len(beside) == 2
    version, config = _names_of(rendering.get("Rollout"), rendering)
    for where in (canary["analysis"], canary["steps"][-1]["analysis"]):
        assert where["args"] == [{"name": "pod-template-hash", "valueFrom": {"podTemplateHashValue": "Latest"}}]
    for name, condition in ((beside[1], "result.failed == false"), (last, "result.successful == true")):
        (metric,) = templates[name]["metrics"]
        assert templates[name]["args"] == [{"name": "pod-template-hash"}]
        assert metric["successCondition"] == condition and metric["failureCondition"] == "result.failed == true"
        assert metric["provider"]["web"]["jsonPath"] == "{$}"
        url = urllib.parse.urlparse(metric["provider"]["web"]["url"])
        assert dict(urllib.parse.parse_qsl(url.query)) == {
            "namespace": "canary-demo", "name": "canary-demo", "checksum": "{{args.pod-template-hash}}", "version": version, "config": config}
        assert url.path == "/argo-rollouts"
        _is_the_webhook(rendering, url)
    assert templates[beside[1]]["metrics"][0]["failureLimit"] == 0
    waits = templates[last]["metrics"][0]
    assert waits["consecutiveSuccessLimit"] == 1 and waits["count"] == waits["inconclusiveLimit"] == 20 and waits["failureLimit"] == 0
    rolls_back = {one["metadata"]["name"]: one["spec"] for one in _judged(chart, "nginx", "argo-rollouts", judge={"onInconclusive": "rollback"}).all("AnalysisTemplate")}
    waits = rolls_back[last]["metrics"][0]
    assert waits["count"] == waits["inconclusiveLimit"] == 20 and waits["failureLimit"] == -1


def _is_the_webhook(rendering, url):
    name, namespace = url.hostname.split(".")
    service = rendering.get("Service", name)
    assert namespace == "canary-demo" and service["spec"]["ports"][0]["port"] == (url.port or 80)
    deployment = rendering.get("Deployment", "canary-demo-judge")
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert selects(service["spec"]["selector"], template["metadata"]["labels"])
    assert selects(deployment["spec"]["selector"]["matchLabels"], template["metadata"]["labels"])
    assert {port["name"]: port["containerPort"] for port in container["ports"]}[service["spec"]["ports"][0]["targetPort"]] == 8080
    assert _args(deployment)[0] == "webhook"
    assert not [job for job in rendering.jobs() if job["metadata"]["name"] == "canary-demo-judge"]


def the_judges_pods_are_nobody_elses(chart):
    for router, driver in CONTROLLERS:
        rendering = _judged(chart, router, driver)
        labels = rendering.get("Deployment", "canary-demo-judge")["spec"]["template"]["metadata"]["labels"]
        for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment", "Rollout"):
            for one in rendering.all(kind):
                # A Service whose selector a controller writes has none here, and chooses nobody.
                selector = one["spec"].get("podSelector") or one["spec"].get("selector")
                chosen = bool(selector) and selects(selector.get("matchLabels", selector), labels)
                assert chosen is one["metadata"]["name"].startswith("canary-demo-judge"), (kind, one["metadata"]["name"])
        for pod in _pods(rendering).values():
            for one in rendering.all("Service"):
                if one["metadata"]["name"].startswith("canary-demo-judge"):
                    assert not selects(one["spec"]["selector"], pod)


def they_pass_pod_security_restricted(chart):
    pods = []
    for router, driver in [("gateway", "helm"), *CONTROLLERS]:
        for name, template in _judged(chart, router, driver).pod_templates():
            if name.endswith("-judge"):
                spec = template["spec"]
                assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
                pods.append((f"{driver}/{name}", template))
    assert len(pods) == 4
    _pass_restricted(pods)


def only_controllers_ask_the_webhook_and_it_asks_only_prometheus(chart):
    for router, driver in CONTROLLERS:
        rendering = _judged(chart, router, driver, networkPolicy={"controllerNamespaces": ["flagger", "argo"]})
        policies = rendering.all("NetworkPolicy")
        labels = rendering.get("Deployment", "canary-demo-judge")["spec"]["template"]["metadata"]["labels"]
        judge = ("canary-demo", labels)
        prometheus, dns = ("monitoring", {"app": "prometheus"}), ("kube-system", {"k8s-app": "kube-dns"})
        server = ("canary-demo", _pods(rendering)["stable"])
        for source, target, port, expected in [
            (("flagger", {}), judge, 8080, True),
            (("argo", {}), judge, 8080, True),
            (("flagger", {}), judge, 8081, False),
            (("flagger-system", {}), judge, 8080, False),
            (("gateway", {}), judge, 8080, False),
            (("default", {}), judge, 8080, False),
            (("canary-demo", {"app": "other"}), judge, 8080, False),
            (server, judge, 8080, False),
            (prometheus, judge, 8081, True),
            (prometheus, judge, 8080, False),
            (judge, prometheus, 9090, True),
            (judge, server, 8080, False),
            (judge, server, 8081, False),
            (judge, ("internet", {}), 443, False),
        ]:
            assert _reaches(policies, source, target, port) is expected, (driver, source, target, port)
        assert _reaches(policies, judge, dns, 53, "UDP")
    nobody = _judged(chart, "gateway", "flagger", networkPolicy={"controllerNamespaces": []})
    assert not _reaches(nobody.all("NetworkPolicy"), ("flagger-system", {}), judge, 8080)


def its_metrics_are_scraped_without_looking_like_the_services(chart):
    rendering = _judged(chart, "gateway", "flagger")
    monitor = rendering.get("ServiceMonitor", "canary-demo-judge")["spec"]
    found = [one["metadata"]["name"] for one in rendering.all("Service") if selects(monitor["selector"]["matchLabels"], one["metadata"]["labels"])]
    assert found == ["canary-demo-judge-metrics"]
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] == rendering.get("Service", found[0])["spec"]["ports"][0]["name"]
    keep, drop = endpoint["metricRelabelings"]
    assert keep["action"] == "keep" and keep["sourceLabels"] == ["__name__"]
    assert re.fullmatch(keep["regex"], "canaryctl_webhook_answers_total") and not re.fullmatch(keep["regex"], "http_requests_total")
    assert drop["action"] == "labeldrop" and re.fullmatch(drop["regex"], "version") and re.fullmatch(drop["regex"], "track")
    for one in rendering.all("ServiceMonitor"):
        hit = [s["metadata"]["name"] for s in rendering.all("Service") if selects(one["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
        assert ("canary-demo-judge-metrics" in hit) is (one["metadata"]["name"] == "canary-demo-judge")
