"""Histories of requests, and the alerts that must fire at their end: exactly these and no others."""
import dataclasses
import pathlib
import tempfile

import yaml

from .tools import program, run

NAMESPACE = "canary-demo"
BOUNDS = ("0.05", "0.1", "0.5", "+Inf")


@dataclasses.dataclass
class Track:
    """What one track's pod did in each phase: (minutes, requests a minute, errors a minute)."""

    phases: list
    slow: bool = False  # all requests between 0.1 and 0.5 s, not below 0.05 s


@dataclasses.dataclass
class Scenario:
    name: str
    firing: set
    tracks: dict
    values: dict = dataclasses.field(default_factory=dict)
    others: list = dataclasses.field(default_factory=list)  # further series: (selector, [(minutes, per minute)])
    down: tuple = ()
    step: int = 1  # minutes between samples; the long histories are sampled and evaluated less often

    @property
    def evaluated(self):
        return 1 if self.step == 1 else 15


def _segments(phases, step):
    """promtool's notation for a counter that grows by phases."""
    parts, at = [], 0.0
    for index, (minutes, rate) in enumerate(phases):
        count = round(minutes / step) - (1 if index == 0 else 0)
        first = at if index == 0 else at + rate * step
        steps = count if index == 0 else count - 1
        parts.append(f"{first:g}+{rate * step:g}x{steps}" if rate else f"{first:g}+0x{steps}")
        at = first + rate * step * steps
    return " ".join(parts)


def _series(name, labels, phases, step):
    inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return {"series": f"{name}{{{inner}}}", "values": _segments(phases, step)}


def _inputs(scenario, job):
    out = []
    for track, history in scenario.tracks.items():
        labels = {"namespace": NAMESPACE, "job": job(track), "kubernetes_pod_name": f"{track}-0", "track": track, "version": {"stable": "v1", "canary": "v2"}[track]}
        good = [(minutes, requests - errors) for minutes, requests, errors in history.phases]
        bad = [(minutes, errors) for minutes, _, errors in history.phases]
        every = [(minutes, requests) for minutes, requests, _ in history.phases]
        request = {**labels, "method": "GET", "path": "/"}
        out.append(_series("http_requests_total", {**request, "code": "200"}, good, scenario.step))
        out.append(_series("http_requests_total", {**request, "code": "500"}, bad, scenario.step))
        for bound in BOUNDS if scenario.step == 1 else ():
            below = [(minutes, 0) for minutes, _ in every] if history.slow and bound in ("0.05", "0.1") else every
            out.append(_series("http_request_duration_seconds_bucket", {**request, "status": "2xx", "le": bound}, below, scenario.step))
        up = 0 if track in scenario.down else 1
        minutes = sum(phase[0] for phase in history.phases)
        out.append({"series": f'up{{namespace="{NAMESPACE}",job="{job(track)}",kubernetes_pod_name="{track}-0"}}', "values": f"{up}+0x{minutes // scenario.step - 1}"})
    # Another release in the same namespace, all of whose requests fail: it is none of this one's business.
    minutes = max(sum(phase[0] for phase in history.phases) for history in scenario.tracks.values())
    stranger = {"namespace": NAMESPACE, "job": "other-canary-demo-metrics", "track": "stable", "version": "v0", "code": "500"}
    out.append(_series("http_requests_total", stranger, [(minutes, 600)], scenario.step))
    for (name, labels), phases in scenario.others:
        out.append(_series(name, labels, phases, scenario.step))
    return out, minutes


def play(rendering, name, evaluation_interval="1m", **test):
    """Lets promtool run one test of the rendered rules; a difference is an AssertionError."""
    with tempfile.TemporaryDirectory() as folder:
        rules, path = pathlib.Path(folder, "rules.yaml"), pathlib.Path(folder, "test.yaml")
        rules.write_text(yaml.safe_dump(rendering.rules()))
        path.write_text(yaml.safe_dump({
            "rule_files": [str(rules)],
            # Or promtool takes the groups in any order, and coarse evaluations find the recorded series gone stale.
            "group_eval_order": [group["name"] for group in rendering.rules()["groups"]],
            "evaluation_interval": evaluation_interval,
            "tests": [{"name": name, **test}],
        }))
        done = run(program("promtool", "prometheus"), "test", "rules", path)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


def check(rendering, scenario, driver="helm"):
    """Plays the scenario against the rendered rules."""
    def job(track):
        return "canary-demo-canary-metrics" if driver == "helm" and track == "canary" else "canary-demo-metrics"

    inputs, minutes = _inputs(scenario, job)
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(scenario.firing)]
    play(rendering, scenario.name, f"{scenario.evaluated}m", interval=f"{scenario.step}m", input_series=inputs, promql_expr_test=[{
        "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": f"{(minutes - scenario.step) // scenario.evaluated * scenario.evaluated}m",
        "exp_samples": expected,
    }])


STABLE, CANARY = 480, 120  # requests a minute at 80:20
HOUR, DAY = 60, 24 * 60


def _both(*phases, step=1, **more):
    """The same share of failures on both tracks: phases of (minutes, share)."""
    tracks = {
        "stable": Track([(minutes, STABLE, STABLE * share) for minutes, share in phases]),
        "canary": Track([(minutes, CANARY, CANARY * share) for minutes, share in phases]),
    }
    return {"tracks": tracks, "step": step, **more}


def _fine(minutes=40, **more):
    return {"tracks": {"stable": Track([(minutes, STABLE, 0)]), "canary": Track([(minutes, CANARY, 0)])}, **more}


def _traefik(service, code):
    return "traefik_service_requests_total", {"service": service, "code": code}


def _nginx(status, **labels):
    return "nginx_ingress_controller_requests", {"ingress": "canary-demo", "status": status, **labels}


ROUTE = "httproute-canary-demo-canary-demo-gw-gateway-canary-demo-ep-web-0-0123-svc-canary-demo-canary-demo-canary-1@kubernetesgateway"

SCENARIOS = [
    Scenario("nothing_is_wrong", set(), **_fine()),
    Scenario(
        "a_canary_of_20_percent_with_5_percent_errors_is_not_seen_in_the_fleet",
        {"CanaryDemoTrackBudgetBurn1h", "CanaryDemoCanaryErrorsAboveStable"},
        {"stable": Track([(3 * DAY, STABLE, 0), (50, STABLE, 0)]), "canary": Track([(3 * DAY, CANARY, 0), (50, CANARY, 6)])},
        step=5,
    ),
    Scenario("everybody_fails_3_percent_for_most_of_an_hour", {"CanaryDemoFleetBudgetBurn1h", "CanaryDemoTrackBudgetBurn1h"}, **_both((3 * DAY, 0), (50, 0.03), step=5)),
    Scenario("a_fast_burn_that_has_ended_is_silent", set(), **_both((3 * DAY, 0), (50, 0.03), (40, 0), step=5)),
    Scenario("errors_of_0_8_percent_for_five_hours", {"CanaryDemoFleetBudgetBurn6h", "CanaryDemoTrackBudgetBurn6h"}, **_both((3 * DAY, 0), (5 * HOUR, 0.008), step=5)),
    Scenario(
        "errors_of_0_5_percent_for_sixteen_hours",
        {f"CanaryDemo{scope}BudgetBurn{window}" for scope in ("Fleet", "Track") for window in ("1d", "3d")},
        **_both((3 * DAY, 0), (16 * HOUR, 0.005), step=5),
    ),
    Scenario("errors_of_0_2_percent_for_two_days", {"CanaryDemoFleetBudgetBurn3d", "CanaryDemoTrackBudgetBurn3d"}, **_both((2 * DAY, 0), (2 * DAY, 0.002), step=5)),
    Scenario("errors_within_the_objective_for_days", set(), **_both((3 * DAY, 0.0008), step=5)),
    Scenario("the_budget_of_a_day_is_spent", {"CanaryDemoBudgetSpent"}, values={"monitoring": {"slo": {"windowDays": 1}}}, **_both((3 * DAY, 0), (30, 0.055), (6 * HOUR, 0), step=5)),
    Scenario("a_sixth_of_the_budget_is_left", set(), values={"monitoring": {"slo": {"windowDays": 1}}}, **_both((3 * DAY, 0), (30, 0.04), (6 * HOUR, 0), step=5)),
    Scenario("a_slow_canary", {"CanaryDemoCanarySlowerThanStable"}, {"stable": Track([(40, STABLE, 0)]), "canary": Track([(40, CANARY, 0)], slow=True)}),
    Scenario("both_tracks_equally_slow", set(), {"stable": Track([(40, STABLE, 0)], slow=True), "canary": Track([(40, CANARY, 0)], slow=True)}),
    Scenario("a_slow_canary_with_hardly_any_requests", set(), {"stable": Track([(40, STABLE, 0)]), "canary": Track([(40, 5, 0)], slow=True)}),
    Scenario("a_canary_with_hardly_any_requests_is_not_compared", {f"CanaryDemoTrackBudgetBurn{window}" for window in ("1h", "6h", "1d", "3d")}, {"stable": Track([(40, 10 * STABLE, 0)]), "canary": Track([(40, 6, 1)])}),
    Scenario(
        "a_bad_stable_is_not_held_against_the_canary",
        {f"CanaryDemo{scope}BudgetBurn{window}" for scope in ("Fleet", "Track") for window in ("1h", "6h", "1d", "3d")} | {"CanaryDemoBudgetSpent"},
        {"stable": Track([(40, STABLE, 24)]), "canary": Track([(40, CANARY, 6)])},
    ),
    Scenario("a_canary_without_traffic", {"CanaryDemoCanaryWithoutTraffic"}, {"stable": Track([(40, STABLE, 0)]), "canary": Track([(40, 0, 0)])}),
    Scenario("nobody_has_traffic", set(), {"stable": Track([(40, 0, 0)]), "canary": Track([(40, 0, 0)])}),
    Scenario("a_weight_of_0_needs_no_traffic", set(), {"stable": Track([(40, STABLE, 0)]), "canary": Track([(40, 0, 0)])}, values={"canary": {"weight": 0}}),
    Scenario("the_canary_is_not_scraped_at_all", {"CanaryDemoCanaryMetricsAbsent"}, {"stable": Track([(40, STABLE, 0)])}),
    Scenario("stable_is_not_scraped_at_all", {"CanaryDemoStableMetricsAbsent"}, {"canary": Track([(40, CANARY, 0)])}),
    Scenario("no_canary_and_none_expected", set(), {"stable": Track([(40, STABLE, 0)])}, values={"canary": {"enabled": False}}),
    Scenario("a_pod_does_not_answer_scrapes", {"CanaryDemoPodNotScraped"}, **_fine(down=("canary",))),
    Scenario("traefik_answers_503_itself", {"CanaryDemoTraefikErrors"}, **_fine(others=[(_traefik(ROUTE, "200"), [(40, 590)]), (_traefik(ROUTE, "503"), [(20, 0), (20, 10)])])),
    Scenario("traefik_fails_for_somebody_else", set(), **_fine(others=[(_traefik(ROUTE, "200"), [(40, 600)]), (_traefik(ROUTE.replace("-canary-demo-gw", "-other-gw"), "503"), [(40, 100)])])),
    Scenario("traefik_fails_behind_its_nginx_annotations", {"CanaryDemoTraefikErrors"}, **_fine(others=[(_traefik("canary-demo-canary-demo-canary-demo-80-canary@kubernetesingressnginx", "502"), [(40, 20)])])),
    Scenario("ingress_nginx_answers_502_itself", {"CanaryDemoNginxErrors"}, **_fine(others=[(_nginx("200", exported_namespace=NAMESPACE), [(40, 590)]), (_nginx("502", exported_namespace=NAMESPACE), [(20, 0), (20, 10)])])),
    Scenario("ingress_nginx_that_keeps_its_own_labels", {"CanaryDemoNginxErrors"}, **_fine(others=[(_nginx("502", namespace=NAMESPACE), [(40, 20)])])),
    Scenario("ingress_nginx_fails_for_another_namespace", set(), **_fine(others=[(_nginx("502", exported_namespace="other"), [(40, 20)])])),
    Scenario(
        "the_gateway_passes_on_what_the_pods_answer",
        {f"CanaryDemo{scope}BudgetBurn{window}" for scope in ("Fleet", "Track") for window in ("1h", "6h", "1d", "3d")} | {"CanaryDemoBudgetSpent"},
        **_both((40, 0.05), others=[(_traefik(ROUTE, "200"), [(40, 570)]), (_traefik(ROUTE, "500"), [(40, 30)])]),
    ),
]
