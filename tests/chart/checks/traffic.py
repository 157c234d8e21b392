"""Services, routes, weights, and who may write what."""
import re

from chart_support.chart import PAIRS, pair, selects

PREFIX = "nginx.ingress.kubernetes.io/"


def _pods(rendering):
    """Labels of the server pods by track, as they run: what a controller adds or changes is added here too."""
    workloads = {one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"] for one in rendering.workloads()}
    if rendering.all("Canary"):  # Flagger's copy differs in the first selector label
        (labels,) = workloads.values()
        return {"stable": {**labels, "app": labels["app"] + "-primary"}, "canary": labels}
    if rendering.all("Rollout"):  # ephemeral metadata
        rollout = rendering.get("Rollout")
        canary = rollout["spec"]["strategy"]["canary"]
        (labels,) = workloads.values()
        return {track: {**labels, **canary[f"{track}Metadata"]["labels"]} for track in ("stable", "canary")}
    return {labels["track"]: labels for labels in workloads.values()}


def _selector(one):
    """Of a Service or a workload; a Service without one gets it from its controller and selects nothing by itself."""
    selector = one["spec"].get("selector")
    return selector.get("matchLabels", selector) if selector else {"": "no selector"}


def _backends(rule):
    return {ref["name"]: ref.get("weight") for ref in rule["backendRefs"]}


def services_select_exactly_their_track(chart):
    rendering = chart.render()
    pods = _pods(rendering)
    for track, name in (("stable", "canary-demo"), ("canary", "canary-demo-canary")):
        service = rendering.get("Service", name)
        assert service["spec"]["ports"][0]["port"] == 80
        selector = service["spec"]["selector"]
        assert selector["app.kubernetes.io/instance"] == "canary-demo"
        hit = [other for other, labels in pods.items() if selects(selector, labels)]
        assert hit == [track], f"Service {name} selects {hit}"


def no_service_or_policy_reaches_into_another_release(chart):
    other = _pods(chart.render(release="other", namespace="canary-demo"))
    for router, driver in PAIRS:
        mine = chart.render(pair(router, driver))
        for one in mine.all("Service"):
            for labels in other.values():
                assert not selects(_selector(one), labels), one["metadata"]["name"]
        for one in mine.all("PodDisruptionBudget") + mine.all("Deployment") + mine.all("Rollout"):
            for labels in other.values():
                assert not selects(one["spec"]["selector"]["matchLabels"], labels), one["metadata"]["name"]


def selectors_find_their_own_pods_and_never_a_hooks(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver, tests={"gatewayUrl": "http://gateway"} if driver == "helm" and router != "none" else {}))
        for workload in rendering.workloads():
            labels = workload["spec"]["template"]["metadata"]["labels"]
            assert selects(workload["spec"]["selector"]["matchLabels"], labels)
        hooks = [job["spec"]["template"]["metadata"]["labels"] for job in rendering.jobs()]
        for kind in ("Service", "PodDisruptionBudget", "Deployment", "Rollout"):
            for one in rendering.all(kind):
                for labels in hooks:
                    assert not selects(_selector(one), labels), f"{kind} {one['metadata']['name']} takes a hook's pod for its own"


def the_admin_port_is_on_headless_services_only(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        pods = _pods(rendering)
        metrics = [one for one in rendering.all("Service") if one["metadata"]["name"].endswith("-metrics")]
        assert {track for track, labels in pods.items() for one in metrics if selects(one["spec"]["selector"], labels)} == set(pods)
        for one in rendering.all("Service"):
            targets = [port["targetPort"] for port in one["spec"]["ports"]]
            if one in metrics:
                assert one["spec"]["clusterIP"] == "None" and targets == ["metrics"]
            else:
                assert targets == ["http"], "the public Service leads to the admin port"
        public = {one["metadata"]["name"] for one in metrics}
        for route in rendering.all("HTTPRoute"):
            assert not public & {name for rule in route["spec"]["rules"] for name in _backends(rule)}


def weights_of_the_route_sum_to_a_hundred(chart):
    for weight in (0, 1, 20, 99, 100):
        route = chart.render({"canary": {"weight": weight}}).get("HTTPRoute")
        assert _backends(route["spec"]["rules"][-1]) == {"canary-demo": 100 - weight, "canary-demo-canary": weight}
        assert route["spec"]["hostnames"] == ["canary-demo.local"]


def weights_of_the_ingress_are_what_was_asked_for(chart):
    for weight in (0, 20, 100):
        rendering = chart.render(pair("nginx", "helm", canary={"weight": weight}))
        notes = rendering.get("Ingress", "canary-demo-canary")["metadata"]["annotations"]
        assert notes[PREFIX + "canary"] == "true" and notes[PREFIX + "canary-weight"] == str(weight)
        stable = rendering.get("Ingress", "canary-demo")
        assert not any(key.startswith(PREFIX + "canary") for key in stable["metadata"].get("annotations", {}))
        for name in ("canary-demo", "canary-demo-canary"):
            ingress = rendering.get("Ingress", name)
            assert ingress["spec"]["ingressClassName"] == ingress["metadata"]["annotations"]["kubernetes.io/ingress.class"] == "nginx"
            (rule,) = ingress["spec"]["rules"]
            (path,) = rule["http"]["paths"]
            assert rule["host"] == "canary-demo.local" and path["path"] == "/"
            assert path["backend"]["service"] == {"name": name, "port": {"number": 80}}


def testers_choose_their_track_at_a_gateway(chart):
    rules = chart.render().get("HTTPRoute")["spec"]["rules"]
    header = {}
    cookie = {}
    for at, rule in enumerate(rules[:-1]):
        (match,) = rule["matches"]
        (test,) = match["headers"]
        (backend,) = _backends(rule)
        if test["name"] == "X-Canary":
            assert test["type"] == "Exact"
            header[test["value"]] = (at, backend)
        else:
            assert test["name"] == "Cookie" and test["type"] == "RegularExpression"
            cookie[test["value"]] = (at, backend)
    assert {value: backend for value, (_, backend) in header.items()} == {"always": "canary-demo-canary", "never": "canary-demo"}
    assert max(at for at, _ in header.values()) < min(at for at, _ in cookie.values()), "the header counts before the cookie"

    def chosen(text):  # a gateway may search in the header or match all of it
        found = {backend for expression, (_, backend) in cookie.items() if re.search(expression, text)}
        assert found == {backend for expression, (_, backend) in cookie.items() if re.fullmatch(expression, text)}, text
        return found

    for text in ("canary=always", "a=b; canary=always", "canary=always; a=b", "a=b; canary=always; c=d"):
        assert chosen(text) == {"canary-demo-canary"}, text
    assert chosen("a=b; canary=never") == {"canary-demo"}
    for text in ("canary=alwaysnot", "notcanary=always", "a=canary", "canary=", "x=1;"):
        assert chosen(text) == set(), text


def testers_choose_their_track_at_nginx(chart):
    notes = chart.render(pair("nginx", "helm")).get("Ingress", "canary-demo-canary")["metadata"]["annotations"]
    assert notes[PREFIX + "canary-by-header"] == "X-Canary" and notes[PREFIX + "canary-by-cookie"] == "canary"
    assert PREFIX + "canary-by-header-value" not in notes, "a value would take always and never away"
    rollout = chart.render(pair("nginx", "argo-rollouts")).get("Rollout")["spec"]["strategy"]["canary"]
    more = rollout["trafficRouting"]["nginx"]["additionalIngressAnnotations"]
    assert more == {"canary-by-header": "X-Canary", "canary-by-cookie": "canary"}


def a_disabled_canary_leaves_no_trace(chart):
    for router in ("gateway", "nginx", "none"):
        rendering = chart.render(pair(router, "helm", canary={"enabled": False}))
        left = [name for kind, name in rendering.names() if "canary" in name.replace("canary-demo", "")]
        assert not left, left
        for route in rendering.all("HTTPRoute"):
            (rule,) = route["spec"]["rules"]
            assert set(_backends(rule)) == {"canary-demo"}
        assert len(rendering.workloads()) == 1
        assert not [name for name in rendering.alerts() if "Canary" in name.removeprefix("CanaryDemo")]


def a_canary_without_pods_is_reached_by_nobody(chart):
    values = {"canary": {"replicaCount": 0, "weight": 0}}
    (rule,) = chart.render(values).get("HTTPRoute")["spec"]["rules"]
    assert _backends(rule) == {"canary-demo": 100, "canary-demo-canary": 0}
    chart.render(pair("nginx", "helm", **values)).get("Ingress", "canary-demo")
    jobs = [one["metadata"]["name"] for one in chart.render(values).jobs()]
    assert jobs and not [name for name in jobs if name.endswith("-canary")]


def each_driver_is_left_what_it_writes(chart):
    kinds = {
        ("gateway", "helm"): {"HTTPRoute": 1, "Ingress": 0, "Deployment": 2, "Canary": 0, "Rollout": 0, "HorizontalPodAutoscaler": 0},
        ("nginx", "helm"): {"HTTPRoute": 0, "Ingress": 2, "Deployment": 2, "Canary": 0, "Rollout": 0, "HorizontalPodAutoscaler": 0},
        ("none", "helm"): {"HTTPRoute": 0, "Ingress": 0, "Deployment": 2, "Canary": 0, "Rollout": 0, "HorizontalPodAutoscaler": 0},
        ("gateway", "flagger"): {"HTTPRoute": 0, "Ingress": 0, "Deployment": 1, "Canary": 1, "Rollout": 0, "HorizontalPodAutoscaler": 1},
        ("nginx", "flagger"): {"HTTPRoute": 0, "Ingress": 1, "Deployment": 1, "Canary": 1, "Rollout": 0, "HorizontalPodAutoscaler": 1},
        ("nginx", "argo-rollouts"): {"HTTPRoute": 0, "Ingress": 1, "Deployment": 0, "Canary": 0, "Rollout": 1, "HorizontalPodAutoscaler": 0},
    }
    for (router, driver), expected in kinds.items():
        rendering = chart.render(pair(router, driver))
        assert {kind: len(rendering.all(kind)) for kind in expected} == expected, (router, driver)


def flagger_finds_what_it_needs_and_nothing_it_makes(chart):
    for router in ("gateway", "nginx"):
        rendering = chart.render(pair(router, "flagger"))
        canary = rendering.get("Canary")["spec"]
        deployment = rendering.get("Deployment", canary["targetRef"]["name"])
        autoscaler = rendering.get("HorizontalPodAutoscaler", canary["autoscalerRef"]["name"])
        assert "replicas" not in deployment["spec"]
        assert autoscaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
        assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (1, 1)
        assert canary["autoscalerRef"]["primaryScalerReplicas"] == {"minReplicas": 4, "maxReplicas": 4}
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert next(iter(selector)) == "app" and selector["app"] == deployment["metadata"]["name"]
        made = {"canary-demo", "canary-demo-primary", "canary-demo-canary"}
        assert not made & {one["metadata"]["name"] for one in rendering.all("Service")}
        pods = _pods(rendering)
        assert not selects(selector, pods["stable"]), "the target's Deployment would adopt the primary's pods"
        assert canary["provider"] == {"gateway": "gatewayapi:v1", "nginx": "nginx"}[router]
        if router == "gateway":
            assert canary["service"]["gatewayRefs"] and canary["service"]["hosts"] == ["canary-demo.local"]
        else:
            ingress = rendering.get("Ingress", canary["ingressRef"]["name"])
            backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
            assert backend == canary["service"]["name"], "Flagger looks for its apex Service in the Ingress"
        templates = {one["metadata"]["name"] for one in rendering.all("MetricTemplate")}
        assert {metric["templateRef"]["name"] for metric in canary["analysis"]["metrics"]} == templates


def argo_rollouts_finds_its_services_and_ingress(chart):
    rendering = chart.render(pair("nginx", "argo-rollouts"))
    canary = rendering.get("Rollout")["spec"]["strategy"]["canary"]
    for name in (canary["stableService"], canary["canaryService"]):
        assert "selector" not in rendering.get("Service", name)["spec"], "the controller writes it, as a whole"
    assert canary["stableService"] != canary["canaryService"]
    ingress = rendering.get("Ingress", canary["trafficRouting"]["nginx"]["stableIngress"])
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == canary["stableService"]
    for one in canary["analysis"]["templates"]:
        rendering.get("AnalysisTemplate", one["templateName"])


def an_autoscaler_owns_the_number_of_stable_pods(chart):
    on = {"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 9}}
    rendering = chart.render(on)
    assert "replicas" not in rendering.get("Deployment", "canary-demo")["spec"]
    assert rendering.get("Deployment", "canary-demo-canary")["spec"]["replicas"] == 1
    spec = rendering.get("HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "canary-demo"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 9)
    rollout = chart.render(pair("nginx", "argo-rollouts", **on))
    assert "replicas" not in rollout.get("Rollout")["spec"]
    assert rollout.get("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["kind"] == "Rollout"
    canary = chart.render(pair("gateway", "flagger", **on)).get("Canary")["spec"]
    assert canary["autoscalerRef"]["primaryScalerReplicas"] == {"minReplicas": 2, "maxReplicas": 9}
