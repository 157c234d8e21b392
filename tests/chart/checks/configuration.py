"""Configuration per track: what is in it, how it is named, and when that changes."""
from chart_support.chart import PAIRS, pair


def _data(chart, values, name):
    rendering = chart.render(values)
    return rendering.config_of(rendering.get("Deployment", name))


def each_track_has_its_identity(chart):
    rendering = chart.render()
    expected = {"canary-demo": ("v1", "white", "stable", 4), "canary-demo-canary": ("v2", "green", "canary", 1)}
    for name, (version, color, track, replicas) in expected.items():
        deployment = rendering.get("Deployment", name)
        data = rendering.config_of(deployment)["data"]
        assert (data["APP_VERSION"], data["APP_COLOR"], data["APP_TRACK"]) == (version, color, track)
        assert deployment["spec"]["replicas"] == replicas
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert labels["track"] == track
        assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == f"localhost/canary:{version}"


def the_hash_follows_the_content_and_nothing_else(chart):
    same = [
        {},
        {"canary": {"weight": 50}},
        {"replicaCount": 7},
        {"podLabels": {"team": "a"}},
        {"traffic": {"hosts": ["other.local"]}},
        {"config": {"canary": {"appColor": "red"}}},
        {"image": {"repository": "elsewhere/app"}},
    ]
    names = {_data(chart, values, "canary-demo")["metadata"]["name"] for values in same}
    assert len(names) == 1, names
    changed = [
        {"image": {"tag": "v9"}},
        {"config": {"stable": {"appColor": "red"}}},
        {"config": {"stable": {"appVersion": "v8"}}},
        {"config": {"stable": {"appRevision": "abc"}}},
        {"config": {"settings": {"drainDelay": "6s"}}},
        {"config": {"stable": {"settings": {"threads": 3}}}},
    ]
    other = [_data(chart, values, "canary-demo")["metadata"]["name"] for values in changed]
    assert len(set(other) | names) == len(changed) + 1, other


def pods_read_the_immutable_config_whose_hash_they_report(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver))
        for workload in rendering.workloads():
            config = rendering.config_of(workload)
            assert config["immutable"] is True
            hashed = config["data"]["APP_CONFIG"]
            assert len(hashed) >= 8 and config["metadata"]["name"].endswith(f"-{hashed}")
            assert config["metadata"]["annotations"]["flagger.app/config-tracking"] == "disabled"
        assert all(isinstance(value, str) for one in rendering.all("ConfigMap") for value in one["data"].values())


def settings_become_environment_and_tracks_may_differ(chart):
    values = {
        "config": {
            "settings": {"maxConnections": 10_000_000, "trustedProxies": ["10.0.0.0/8", "192.168.0.0/16"], "accessLog": 0.25, "faults": True},
            "canary": {"settings": {"maxConnections": 5, "faultErrorRate": 0.05, "faultLatency": "10ms..90ms", "faultSeed": 42}},
        }
    }
    stable = _data(chart, values, "canary-demo")["data"]
    canary = _data(chart, values, "canary-demo-canary")["data"]
    assert stable["CANARY_MAX_CONNECTIONS"] == "10000000" and canary["CANARY_MAX_CONNECTIONS"] == "5"
    assert stable["CANARY_TRUSTED_PROXIES"] == "10.0.0.0/8,192.168.0.0/16"
    assert stable["CANARY_ACCESS_LOG"] == "0.25" and stable["CANARY_FAULTS"] == "true"
    assert "CANARY_FAULT_ERROR_RATE" not in stable
    assert (canary["CANARY_FAULT_ERROR_RATE"], canary["CANARY_FAULT_LATENCY"], canary["CANARY_FAULT_SEED"]) == ("0.05", "10ms..90ms", "42")


def gitops_may_keep_old_configurations(chart):
    for keep in (True, False):
        for one in chart.render({"config": {"keep": keep}}).all("ConfigMap"):
            if "dashboard" not in one["metadata"]["name"]:
                assert (one["metadata"]["annotations"].get("helm.sh/resource-policy") == "keep") is keep


def hooks_expect_what_the_pods_were_given(chart):
    rendering = chart.render()
    for track, name in (("stable", "canary-demo"), ("canary", "canary-demo-canary")):
        deployment = rendering.get("Deployment", name)
        data = rendering.config_of(deployment)["data"]
        for job in (f"canary-demo-check-{track}", f"canary-demo-test-{track}"):
            args = rendering.get("Job", job)["spec"]["template"]["spec"]["containers"][0]["args"]
            given = {one: args[at + 1] for at, one in enumerate(args[:-1]) if one.startswith("--")}
            assert args[0] == "smoke"
            expected = (data["APP_VERSION"], data["APP_COLOR"], data["APP_TRACK"], data["APP_CONFIG"])
            assert (given["--version"], given["--color"], given["--track"], given["--config"]) == expected
            if "check" in job:
                host, _, port = args[1].removeprefix("http://").partition(":")
                assert "--each" in args and port == data["CANARY_HTTP_PORT"]
                assert given["--admin"] == f"http://{host}:{data['CANARY_ADMIN_PORT']}"
                headless = rendering.get("Service", host.split(".")[0])
                assert headless["spec"]["clusterIP"] == "None" and headless["spec"]["selector"]["track"] == track
                assert int(given["--count"]) == deployment["spec"]["replicas"]


def checks_run_after_install_and_upgrade_and_never_after_rollback(chart):
    for router, driver in PAIRS:
        for job in chart.render(pair(router, driver)).jobs():
            notes = job["metadata"]["annotations"]
            hooks = set(notes["helm.sh/hook"].split(","))
            assert hooks in ({"test"}, {"post-install", "post-upgrade"}) and (driver == "helm" or hooks == {"test"})
            assert notes["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
            assert "hook-failed" in notes["helm.sh/hook-output-log-policy"]
            assert job["spec"]["backoffLimit"] == 0 and job["spec"]["ttlSecondsAfterFinished"] > 0
            assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def the_split_is_tested_where_a_gateway_is_named(chart):
    def args(**values):
        values.setdefault("tests", {"gatewayUrl": "http://traefik.gateway"})
        job = chart.render(values).get("Job", "canary-demo-test-split")
        return job["spec"]["template"]["spec"]["containers"][0]["args"]

    assert "canary-demo-test-split" not in [name for _, name in chart.render().names()]
    assert args()[:2] == ["split", "http://traefik.gateway"]
    for values, expected in (({}, "v1=80,v2=20"), ({"canary": {"weight": 0}}, "v1=100"), ({"canary": {"weight": 100}}, "v2=100"), ({"canary": {"enabled": False}}, "v1=100")):
        given = args(**values)
        assert given[given.index("--expect") + 1] == expected
        assert given[given.index("--header") + 1] == "Host: canary-demo.local"
