"""The rules against histories of requests, played by promtool."""
import pytest
import yaml
from chart_support import scenarios
from chart_support.chart import PAIRS, pair
from chart_support.tools import program, run


@pytest.mark.parametrize("scenario", scenarios.SCENARIOS, ids=lambda scenario: scenario.name)
def test_alerts_that_fire(chart, scenario):
    scenarios.check(chart.render(scenario.values), scenario)


@pytest.mark.parametrize("router, driver", [one for one in PAIRS if one[1] != "helm"])
def test_controllers_tracks_are_told_apart_by_the_targets_label(chart, router, driver):
    """One metrics Service for both tracks; the history in which only the canary burns fires the same two alerts."""
    history = next(one for one in scenarios.SCENARIOS if one.name.startswith("a_canary_of_20_percent"))
    scenarios.check(chart.render(pair(router, driver)), history, driver)
    quiet = next(one for one in scenarios.SCENARIOS if one.name == "a_canary_without_traffic")
    idle = scenarios.Scenario("between_two_rollouts", set(), quiet.tracks)
    scenarios.check(chart.render(pair(router, driver)), idle, driver)


def test_every_alert_fires_in_some_scenario(chart):
    fired = {name for scenario in scenarios.SCENARIOS for name in scenario.firing}
    known = {name for router, driver in PAIRS for name in chart.render(pair(router, driver)).alerts()}
    assert fired == known


@pytest.mark.parametrize("router, driver", PAIRS)
def test_rules_are_valid(chart, router, driver, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(chart.render(pair(router, driver)).rules()))
    done = run(program("promtool", "prometheus"), "check", "rules", file)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr


def hour(labels, good, bad):
    """A pod's requests of an hour; `good` and `bad` are (code, how many a minute)."""
    return [{"series": f'http_requests_total{{namespace="canary-demo",{labels},code="{code}"}}', "values": f"0+{count}x60"} for code, count in (good, bad)]


def test_the_budget_is_computed_as_its_name_says(chart):
    """Half of one percent fails over the whole window: five times the budget of 99.9 %, so -4 is left."""
    left = 'canary_demo:budget_left:ratio{namespace="canary-demo",release="canary-demo"}'
    scenarios.play(
        chart.render({"monitoring": {"slo": {"windowDays": 1}}}), "budget",
        interval="1m",
        input_series=hour('job="canary-demo-metrics",track="stable",version="v1"', ("200", 995), ("503", 5)),
        promql_expr_test=[
            {"expr": f"round({left}, 0.0001)", "eval_time": "1h", "exp_samples": [{"labels": '{namespace="canary-demo", release="canary-demo", scope="fleet"}', "value": -4}]},
            {"expr": "canary_demo:canary_weight_set:ratio", "eval_time": "1h", "exp_samples": [{"labels": 'canary_demo:canary_weight_set:ratio{namespace="canary-demo", release="canary-demo"}', "value": 0.2}]},
        ],
    )


def test_alert_texts_are_filled_in(chart):
    """What the person on call reads, with its numbers."""
    expected = chart.render().alerts()["CanaryDemoTrackBudgetBurn1h"]["labels"]
    scenarios.play(
        chart.render(), "texts",
        interval="1m",
        input_series=hour('job="canary-demo-canary-metrics",track="canary",version="v2"', ("200", 95), ("500", 5)),
        alert_rule_test=[{
            "eval_time": "30m",
            "alertname": "CanaryDemoTrackBudgetBurn1h",
            "exp_alerts": [{
                "exp_labels": {**expected, "track": "canary", "scope": "track"},
                "exp_annotations": {
                    "summary": "Track canary burns its error budget more than 14.4 times too fast",
                    "description": "Track canary failed 5% of its requests over 1h, and still does over 5m. The objective is 99.9 %.",
                },
            }],
        }],
    )
