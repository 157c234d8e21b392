"""What the chart does to a release that is running: it looks, and renders accordingly."""
import pytest
from chart_support.apiserver import ApiServer
from chart_support.chart import Chart, Refused, merge, pair

@pytest.fixture(params=["HELM", "HELM3"])
def upgrade(request, tmp_path):
    """upgrade(objects, values): the rendering of an upgrade of a release of which the cluster holds these objects."""
    chart = Chart(helm=request.param)

    def render(objects, values=None, first=False):
        with ApiServer(objects) as server:
            extra = ["--dry-run=server", "--disable-openapi-validation", "--kubeconfig", server.kubeconfig(tmp_path)]
            extra += ["--validate"] if request.param == "HELM3" else []  # or Helm 3 does not ask which kinds there are
            return chart.anew(values, extra=extra + ([] if first else ["--is-upgrade"]))

    return render


def live(rendering, kind, name, **spec):
    """An object as the cluster would hold it after this rendering was installed."""
    one = rendering.get(kind, name)
    return {**one, "spec": {**one["spec"], **spec}}


def replica_set(rendering, deployment, replicas, wanted=None):
    template = rendering.get("Deployment", deployment)["spec"]["template"]
    return {
        "kind": "ReplicaSet",
        "metadata": {"name": f"{deployment}-abc", "labels": template["metadata"]["labels"]},
        "spec": {"replicas": replicas if wanted is None else wanted, "template": template},
        "status": {"replicas": replicas},
    }


def test_the_old_configuration_stays_while_its_pods_run(chart, upgrade):
    before = chart.render()
    old = before.config_of(before.get("Deployment", "canary-demo"))
    running = [old, replica_set(before, "canary-demo", 4)]
    after = upgrade(running, {"config": {"stable": {"appColor": "blue"}}})
    new = after.config_of(after.get("Deployment", "canary-demo"))
    assert new["metadata"]["name"] != old["metadata"]["name"] and new["data"]["APP_COLOR"] == "blue"
    kept = after.get("ConfigMap", old["metadata"]["name"])
    assert kept["data"] == old["data"] and kept["immutable"] is True


@pytest.mark.parametrize("wanted", [0, 4])  # of the ReplicaSet's spec; its status is the opposite
def test_it_stays_for_pods_that_are_only_about_to_come_or_go(chart, upgrade, wanted):
    before = chart.render()
    old = before.config_of(before.get("Deployment", "canary-demo"))
    set_ = replica_set(before, "canary-demo", 4 - wanted, wanted=wanted)
    after = upgrade([old, set_], {"config": {"stable": {"appColor": "blue"}}})
    assert after.get("ConfigMap", old["metadata"]["name"])


def test_it_goes_when_nobody_reads_it_any_more(chart, upgrade):
    before = chart.render()
    old = before.config_of(before.get("Deployment", "canary-demo"))
    after = upgrade([old, replica_set(before, "canary-demo", 0)], {"config": {"stable": {"appColor": "blue"}}})
    assert old["metadata"]["name"] not in [name for _, name in after.names()]


def test_a_configuration_in_use_and_asked_for_is_rendered_once(chart, upgrade):
    before = chart.render()
    configs = [before.config_of(one) for one in before.workloads()]
    running = configs + [replica_set(before, "canary-demo", 4), replica_set(before, "canary-demo-canary", 1)]
    after = upgrade(running, {"canary": {"weight": 50}})
    names = [one["metadata"]["name"] for one in after.all("ConfigMap")]
    assert len(names) == len(set(names)) == 3


def test_another_releases_configuration_is_left_alone(chart, upgrade):
    other = Chart().render(release="canary-demo-other")
    deployment = next(one for one in other.workloads() if not one["metadata"]["name"].endswith("-canary"))
    objects = [other.config_of(deployment), replica_set(other, deployment["metadata"]["name"], 4)]
    assert upgrade(objects).names() == chart.render().names()


def test_a_canary_that_is_switched_off_keeps_its_configuration_until_its_pods_are_gone(chart, upgrade):
    before = chart.render()
    old = before.config_of(before.get("Deployment", "canary-demo-canary"))
    after = upgrade([old, replica_set(before, "canary-demo-canary", 1)], {"canary": {"enabled": False}})
    assert after.get("ConfigMap", old["metadata"]["name"])["data"]["APP_TRACK"] == "canary"


def test_a_rollouts_pods_keep_theirs_too(chart, upgrade):
    values = pair("nginx", "argo-rollouts")
    before = chart.render(values)
    rollout = before.get("Rollout")
    old = before.config_of(rollout)
    template = rollout["spec"]["template"]
    set_ = {"kind": "ReplicaSet", "metadata": {"name": "x", "labels": template["metadata"]["labels"]}, "spec": {"replicas": 4, "template": template}}
    after = upgrade([old, set_], merge(values, {"config": {"stable": {"appColor": "blue"}}}))
    assert after.get("ConfigMap", old["metadata"]["name"])["data"] == old["data"]


AUTOSCALED = {"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 9}}


def test_switching_the_autoscaler_on_keeps_the_running_count(chart, upgrade):
    running = [live(chart.render(), "Deployment", "canary-demo", replicas=4)]
    deployment = upgrade(running, AUTOSCALED).get("Deployment", "canary-demo")
    assert deployment["spec"]["replicas"] == 4
    later = upgrade([{**deployment, "spec": {**deployment["spec"], "replicas": 7}}], AUTOSCALED).get("Deployment", "canary-demo")
    assert later["spec"]["replicas"] == 7, "the field left the manifest, and Kubernetes would fall back to one pod"


def test_an_autoscaler_from_the_start_is_never_written_over(chart, upgrade):
    running = [live(chart.render(AUTOSCALED), "Deployment", "canary-demo", replicas=6)]
    assert "replicas" not in upgrade(running, AUTOSCALED).get("Deployment", "canary-demo")["spec"]


def test_a_rollouts_count_is_kept_in_the_same_way(chart, upgrade):
    values = pair("nginx", "argo-rollouts")
    running = [live(chart.render(values), "Rollout", "canary-demo", replicas=5)]
    assert upgrade(running, merge(values, AUTOSCALED)).get("Rollout")["spec"]["replicas"] == 5


def test_switching_the_autoscaler_off_keeps_the_running_count(chart, upgrade):
    before = chart.render(AUTOSCALED)
    running = [live(before, "Deployment", "canary-demo", replicas=8), before.get("HorizontalPodAutoscaler")]
    assert upgrade(running).get("Deployment", "canary-demo")["spec"]["replicas"] == 8
    assert upgrade(running[:1]).get("Deployment", "canary-demo")["spec"]["replicas"] == 4


@pytest.mark.parametrize(
    "was, becomes",
    [(("gateway", "helm"), ("gateway", "flagger")), (("nginx", "flagger"), ("nginx", "helm")), (("nginx", "argo-rollouts"), ("nginx", "flagger"))],
)
def test_a_change_of_driver_on_a_running_release_is_refused_with_the_steps(chart, upgrade, was, becomes):
    running = chart.render(pair(*was)).all("Service")
    with pytest.raises(Refused) as refused:
        upgrade(running, pair(*becomes))
    said = str(refused.value)
    assert f'traffic.driver "{was[1]}" and cannot change to "{becomes[1]}"' in said
    assert "(1)" in said and "helm uninstall canary-demo" in said
    assert upgrade(running, pair(*was)).objects
    assert upgrade([], pair(*becomes), first=True).objects
