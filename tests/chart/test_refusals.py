"""What the chart refuses, and the words in which it does."""
import pytest
from chart_support.chart import Refused

CLUSTER = ["--api-versions", "apiregistration.k8s.io/v1"]
FULL = CLUSTER + [
    part
    for api in (
        "monitoring.coreos.com/v1/ServiceMonitor",
        "monitoring.coreos.com/v1/PrometheusRule",
        "gateway.networking.k8s.io/v1/HTTPRoute",
        "flagger.app/v1beta1/Canary",
        "argoproj.io/v1alpha1/Rollout",
    )
    for part in ("--api-versions", api)
]

# (values, words that the message must hold)
BY_SCHEMA = [
    ({"canary": {"weight": 101}}, ["canary/weight", "100"]),
    ({"canary": {"weight": -1}}, ["canary/weight", "0"]),
    ({"canary": {"weight": 12.5}}, ["canary/weight", "integer"]),
    ({"canary": {"replicaCount": "one"}}, ["canary/replicaCount", "integer"]),
    ({"canary": {"replicas": 1}}, ["canary", "replicas"]),
    ({"canray": {"enabled": True}}, ["canray"]),
    ({"canary": {"enabled": "yes"}}, ["canary/enabled", "boolean"]),
    ({"traffic": {"router": "istio"}}, ["traffic/router", "gateway", "nginx", "none"]),
    ({"traffic": {"driver": "spinnaker"}}, ["traffic/driver", "argo-rollouts"]),
    ({"traffic": {"hosts": []}}, ["traffic/hosts"]),
    ({"traffic": {"hosts": ["Not A Host"]}}, ["traffic/hosts"]),
    ({"judge": {"enabled": "yes"}}, ["judge/enabled", "boolean"]),
    ({"judge": {"alpha": 0}}, ["judge/alpha"]),
    ({"judge": {"beta": 0.6}}, ["judge/beta", "0.5"]),
    ({"judge": {"slo": 100}}, ["judge/slo"]),
    ({"judge": {"deadline": "10"}}, ["judge/deadline"]),
    ({"judge": {"source": "graphite"}}, ["judge/source", "prometheus", "scrape"]),
    ({"judge": {"onInconclusive": "promote"}}, ["judge/onInconclusive", "keep", "rollback"]),
    ({"judge": {"prometheusAddress": "https://p"}}, ["judge/prometheusAddress"]),
    ({"judge": {"deadlines": "5m"}}, ["judge", "deadlines"]),
    ({"replicaCount": 0}, ["replicaCount"]),
    ({"image": {"digest": "sha256:abc"}}, ["image/digest"]),
    ({"config": {"canary": {"appColor": "red;}"}}}, ["config/canary/appColor"]),
    ({"config": {"canary": {"appColour": "red"}}}, ["config/canary", "appColour"]),
    ({"config": {"settings": {"drainDelay": 5}}}, ["drainDelay", "string"]),
    ({"config": {"settings": {"drainDelay": "5"}}}, ["drainDelay"]),
    ({"config": {"settings": {"drainDelays": "5s"}}}, ["drainDelays"]),
    ({"config": {"settings": {"drainTimeout": "0s"}}}, ["drainTimeout"]),
    ({"config": {"settings": {"idleTimeout": "9ms"}}}, ["idleTimeout"]),
    ({"config": {"settings": {"httpPort": 70000}}}, ["httpPort", "65,535"]),
    ({"config": {"stable": {"settings": {"faultErrorRate": 1.5}}}}, ["faultErrorRate"]),
    ({"monitoring": {"slo": {"objective": 100}}}, ["objective"]),
    ({"monitoring": {"gatewayMetrics": ["envoy"]}}, ["gatewayMetrics"]),
    ({"service": {"port": "http"}}, ["service/port"]),
    ({"tests": {"gatewayUrl": "traefik.gateway"}}, ["gatewayUrl"]),
    ({"podDisruptionBudget": {"maxUnavailable": 0}}, ["maxUnavailable"]),
    ({"rollout": {"maxSurge": 0}}, ["maxSurge"]),
]
BY_TEMPLATE = [
    ({"traffic": {"router": "none"}}, ['canary.weight is 20, but traffic.router "none" cannot split', "set canary.weight=0"]),
    ({"canary": {"replicaCount": 0}}, ["canary.weight is 20, but canary.replicaCount is 0"]),
    ({"traffic": {"router": "none", "driver": "flagger"}, "canary": {"weight": 0}}, ['traffic.driver "flagger"', 'traffic.router "none"']),
    ({"traffic": {"router": "none", "driver": "argo-rollouts"}, "canary": {"weight": 0}}, ['traffic.driver "argo-rollouts"']),
    ({"traffic": {"router": "gateway", "driver": "argo-rollouts"}}, ["traffic.router nginx only"]),
    ({"traffic": {"driver": "flagger"}, "canary": {"enabled": False}}, ["canary.enabled=false", "flagger"]),
    ({"traffic": {"driver": "flagger"}, "canary": {"replicaCount": 0}}, ["canary.replicaCount is 0"]),
    ({"traffic": {"gateway": {"parentRefs": []}}}, ["traffic.gateway.parentRefs is empty"]),
    ({"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}, ["autoscaling.minReplicas (5)", "maxReplicas (2)"]),
    ({"config": {"settings": {"adminPort": 8080}}}, ["httpPort and adminPort of stable are both 8080"]),
    ({"config": {"settings": {"drainTimeout": "10s"}}}, ["handlerTimeout of stable (15s) is above its drainTimeout (10s)"]),
    ({"config": {"canary": {"settings": {"handlerTimeout": "1m"}}}}, ["handlerTimeout of canary (1m) is above its drainTimeout (20s)"]),
    ({"canary": {"image": {"tag": "x" * 70}}}, ["the version of canary", "config.canary.appVersion"]),
    ({"judge": {"enabled": True, "source": "scrape"}, "traffic": {"driver": "flagger"}}, ["judge.source is scrape", "judge.source=prometheus"]),
    ({"judge": {"enabled": True, "onInconclusive": "rollback"}, "traffic": {"driver": "flagger"}}, ["judge.onInconclusive is rollback", "Flagger"]),
    ({"judge": {"deadline": "500ms"}}, ["judge.deadline is 500ms", "1000ms"]),
    ({"judge": {"interval": "10ms"}}, ["judge.interval is 10ms", "100ms"]),
    ({"monitoring": {"scrapeTimeout": "30s"}}, ["monitoring.scrapeTimeout (30s) is above monitoring.interval (15s)"]),
]


@pytest.mark.parametrize("values, words", BY_SCHEMA, ids=lambda one: str(one)[:60])
@pytest.mark.parametrize("helm", ["chart", "chart3"])
def test_wrong_values_are_refused_by_the_schema(request, helm, values, words):
    said = request.getfixturevalue(helm).refusal(values).replace(".", "/")
    for word in words:
        assert word.replace(".", "/") in said, said


@pytest.mark.parametrize("values, words", BY_TEMPLATE, ids=lambda one: str(one)[:60])
def test_values_that_contradict_each_other_are_refused_in_words(chart, values, words):
    said = chart.refusal(values)
    for word in words:
        assert word in said, said


def test_values_of_other_charts_around_it_are_allowed(chart):
    chart.render({"global": {"imageRegistry": "registry.example", "anything": {"nested": 1}}})


@pytest.mark.parametrize(
    "values, missing, switch",
    [
        ({}, "monitoring.coreos.com", "monitoring.enabled=false"),
        ({}, "gateway.networking.k8s.io", "set traffic.router to nginx or none"),
        ({"traffic": {"driver": "flagger"}}, "flagger.app", "set traffic.driver=helm"),
        ({"traffic": {"driver": "argo-rollouts", "router": "nginx"}}, "argoproj.io", "set traffic.driver=helm"),
    ],
)
def test_a_cluster_that_lacks_a_kind_gives_one_error_that_names_the_switch(chart, values, missing, switch):
    chart.render(values, extra=FULL)
    less = []
    for flag, api in zip(FULL[::2], FULL[1::2]):
        less += [] if api.startswith(missing) else [flag, api]
    said = chart.refusal(values, extra=less)
    assert missing in said and switch in said and len(said.strip().splitlines()) <= 3, said


def test_without_a_cluster_nothing_is_asked_of_it(chart):
    assert chart.render().objects


def test_a_cluster_without_the_operator_takes_the_chart_without_monitoring(chart):
    try:
        chart.render({"monitoring": {"enabled": False}, "traffic": {"router": "nginx"}}, extra=CLUSTER)
    except Refused as refused:
        pytest.fail(str(refused))
