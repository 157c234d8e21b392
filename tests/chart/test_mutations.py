"""Mistakes made on purpose: each must be caught by the check that is there for it.

A check that passes on all of these would be worth nothing; test_checks.py shows that it passes on the chart itself.
"""
import dataclasses
import shutil

import checks
import pytest
from chart_support.chart import Chart, Refused
from chart_support.tools import CHART


@dataclasses.dataclass
class Mistake:
    name: str
    file: str
    old: str
    new: str
    caught_by: str


MISTAKES = [
    Mistake("wrong_port_name_in_the_service_monitor", "templates/monitoring/servicemonitors.yaml", "- port: metrics", "- port: http-metrics", "monitoring.monitors_find_the_metrics_services_of_both_tracks"),
    Mistake("the_canarys_weight_given_to_stable", "templates/httproute.yaml", "{name: {{ $full }}, port: {{ $port }}, weight: {{ sub 100 $weight }}}", "{name: {{ $full }}, port: {{ $port }}, weight: {{ $weight }}}", "traffic.weights_of_the_route_sum_to_a_hundred"),
    Mistake("services_swapped", "templates/httproute.yaml", 'dict "always" (printf "%s-canary" $full) "never" $full', 'dict "never" (printf "%s-canary" $full) "always" $full', "traffic.testers_choose_their_track_at_a_gateway"),
    Mistake("drain_missing_in_the_grace_period", "templates/_config.tpl", '(include "canary-demo.milliseconds" $settings.drainTimeout)', "0", "pods.the_grace_period_is_longer_than_draining"),
    Mistake("selector_without_track", "templates/_names.tpl", "\ntrack: {{ .track }}\n", "\n", "traffic.services_select_exactly_their_track"),
    Mistake("selector_without_instance", "templates/_names.tpl", "app.kubernetes.io/instance: {{ .Release.Name }}\napp.kubernetes.io/component: server", "app.kubernetes.io/component: server", "traffic.no_service_or_policy_reaches_into_another_release"),
    Mistake("hook_pods_that_look_like_the_service", "templates/_pod.tpl", "    app.kubernetes.io/component: client", "    app.kubernetes.io/name: canary-demo\n    app.kubernetes.io/component: server", "traffic.selectors_find_their_own_pods_and_never_a_hooks"),
    Mistake("replicas_under_an_autoscaler", "templates/_workload.tpl", "{{- if .Values.autoscaling.enabled -}}", "{{- if false -}}", "traffic.an_autoscaler_owns_the_number_of_stable_pods"),
    Mistake("replicas_under_flagger", "templates/deployments.yaml", "{{- else if not $flagger }}", "{{- else }}", "traffic.flagger_finds_what_it_needs_and_nothing_it_makes"),
    Mistake("a_canary_ingress_beside_argo_rollouts", "templates/ingress.yaml", '(eq .Values.traffic.driver "helm")', "true", "traffic.each_driver_is_left_what_it_writes"),
    Mistake("the_never_cookie_forgotten", "templates/httproute.yaml", '"always" (printf "%s-canary" $full) "never" $full }}\n    - matches:\n        - path: {type: PathPrefix, value: /}\n          headers:\n            - {type: RegularExpression', '"always" (printf "%s-canary" $full) }}\n    - matches:\n        - path: {type: PathPrefix, value: /}\n          headers:\n            - {type: RegularExpression', "traffic.testers_choose_their_track_at_a_gateway"),
    Mistake("cookie_that_matches_inside_a_word", "templates/httproute.yaml", "^(.*;\\\\s*)?%s=%s\\\\s*(;.*)?$", "%s=%s", "traffic.testers_choose_their_track_at_a_gateway"),
    Mistake("configuration_not_hashed_whole", "templates/_config.tpl", '{{- include "canary-demo.configData" . | sha256sum', '{{- include "canary-demo.version" . | sha256sum', "configuration.the_hash_follows_the_content_and_nothing_else"),
    Mistake("mutable_configuration", "templates/configmaps.yaml", "immutable: true\n", "", "configuration.pods_read_the_immutable_config_whose_hash_they_report"),
    Mistake("a_check_after_rollback", "templates/check.yaml", '"hook" "post-install,post-upgrade"', '"hook" "post-install,post-upgrade,post-rollback"', "configuration.checks_run_after_install_and_upgrade_and_never_after_rollback"),
    Mistake("the_check_counts_the_wrong_pods", "templates/check.yaml", '{{- if eq $track "stable" }}', '{{- if eq $track "neither" }}', "configuration.hooks_expect_what_the_pods_were_given"),
    Mistake("readiness_asks_for_liveness", "templates/_pod.tpl", "path: /readyz", "path: /healthz", "pods.probes_ask_the_admin_port"),
    Mistake("a_writable_privileged_container", "values.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "pods.they_pass_pod_security_restricted"),
    Mistake("service_links_on", "templates/_pod.tpl", "enableServiceLinks: false", "enableServiceLinks: true", "pods.they_hold_no_token_no_links_and_no_writable_root"),
    Mistake("a_budget_that_blocks_the_canary", "templates/disruptionbudgets.yaml", "maxUnavailable: {{ $root.Values.podDisruptionBudget.maxUnavailable }}", "minAvailable: 1", "pods.budgets_cover_each_track_and_let_a_single_canary_go"),
    Mistake("pods_taken_away_before_new_ones_are_ready", "templates/deployments.yaml", "maxUnavailable: 0", "maxUnavailable: 1", "pods.updates_never_take_a_pod_away_first"),
    Mistake("the_admin_port_open_to_the_gateway", "templates/networkpolicies.yaml", "{{- range $http }}", "{{- range concat $http $admin }}", "network.what_is_needed_is_allowed_and_the_rest_is_not"),
    Mistake("a_policy_without_the_peers_label", "templates/networkpolicies.yaml", '              app.kubernetes.io/instance: {{ .Release.Name }}\n              canary-demo/client: "true"\n      ports:', '              canary-demo/client: "true"\n      ports:', "network.a_client_of_another_release_gets_nothing"),
    Mistake("a_public_service_on_the_admin_port", "templates/services.yaml", "targetPort: http", "targetPort: metrics", "traffic.the_admin_port_is_on_headless_services_only"),
    Mistake("rules_over_every_release", "templates/monitoring/_selectors.tpl", 'job=~"{{ $full }}(-canary)?-metrics"', 'job=~".+"', "monitoring.alerts_fire_when_they_must_and_only_then"),
    Mistake("errors_that_miss_503", "templates/monitoring/_recording.tpl", 'code=~"5.."}[{{ $window }}]', 'code="502"}[{{ $window }}]', "monitoring.alerts_fire_when_they_must_and_only_then"),
    Mistake("a_comparison_that_loses_its_label", "templates/monitoring/_alerts.tpl", "p99_rate5m%s\\nand ignoring(track) %s", "p99_rate5m%s\\nand %s", "monitoring.alerts_fire_when_they_must_and_only_then"),
    Mistake("a_burn_rate_of_ten_times_as_much", "templates/monitoring/_alerts.tpl", '"factor" "14.4"', '"factor" "144"', "monitoring.the_objective_sets_the_thresholds"),
    Mistake("a_judge_after_the_install", "templates/judge.yaml", '"hook" "post-upgrade" "weight" 10', '"hook" "post-install,post-upgrade" "weight" 10', "judge.a_job_judges_after_an_upgrade_and_its_check_and_only_then"),
    Mistake("a_judge_before_the_check", "templates/judge.yaml", '"weight" 10', '"weight" -1', "judge.a_job_judges_after_an_upgrade_and_its_check_and_only_then"),
    Mistake("a_judge_killed_at_its_deadline", "templates/_judge.tpl", '.Values.judge.deadline) 60 -}}', '.Values.judge.deadline) 0 -}}', "judge.a_job_judges_after_an_upgrade_and_its_check_and_only_then"),
    Mistake("a_judge_of_a_canary_without_traffic", "templates/_judge.tpl", '(gt $weight 0)', '(gt $weight -1)', "judge.nothing_is_judged_without_two_tracks_with_traffic"),
    Mistake("stable_judged_as_the_canary", "templates/_judge.tpl", 'track=\\"canary\\"" $series', 'track=\\"stable\\"" $series', "judge.the_job_judges_the_pods_under_test"),
    Mistake("scraping_the_balanced_service", "templates/judge.yaml", '%s=%s-metrics.%s.svc:%d', '%s=%s.%s.svc:%d', "judge.a_scraping_job_finds_the_headless_services"),
    Mistake("one_gate_for_all", "templates/_judge.tpl", '"%s/flagger/%s" $url .)', '"%s/flagger/%s" $url "rollout")', "judge.flagger_asks_the_judge_at_its_gates"),
    Mistake("argo_promotes_without_a_verdict", "templates/rollout.yaml", "successCondition: result.successful == true", "successCondition: result.failed == false", "judge.argo_rollouts_asks_the_judge_beside_its_steps_and_at_the_end"),
    Mistake("a_step_of_argo_that_never_ends", "templates/rollout.yaml", "      count: {{ $limit }}\n", "", "judge.argo_rollouts_asks_the_judge_beside_its_steps_and_at_the_end"),
    Mistake("the_same_checksum_for_every_rollout", "templates/_judge.tpl", 'checksum={{ "{{args.pod-template-hash}}" }}', "checksum=1", "judge.argo_rollouts_asks_the_judge_beside_its_steps_and_at_the_end"),
    Mistake("a_webhook_that_looks_like_the_service", "templates/_judge.tpl", "app.kubernetes.io/component: judge\ncanary-demo/judge", "app.kubernetes.io/component: server\napp.kubernetes.io/name: canary-demo\ncanary-demo/judge", "judge.the_judges_pods_are_nobody_elses"),
    Mistake("a_webhook_open_to_all", "templates/judge.yaml", "        - {protocol: TCP, port: 8080}\n    {{- end }}\n", "        - {protocol: TCP, port: 8080}\n    {{- end }}\n    - ports:\n        - {protocol: TCP, port: 8080}\n", "judge.only_controllers_ask_the_webhook_and_it_asks_only_prometheus"),
    Mistake("the_webhook_counted_as_the_service", "templates/judge.yaml", "regex: canaryctl_.+", "regex: .+", "judge.its_metrics_are_scraped_without_looking_like_the_services"),
    Mistake("the_digest_forgotten", "templates/_names.tpl", "{{- if $digest -}}", "{{- if false -}}", "pods.images_go_by_tag_or_digest"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught(tmp_path, mistake):
    folder = tmp_path / "chart"
    shutil.copytree(CHART, folder)
    file = folder / mistake.file
    text = file.read_text()
    assert mistake.old in text, f"{mistake.file} has changed: this mistake can no longer be made"
    file.write_text(text.replace(mistake.old, mistake.new))
    with pytest.raises((AssertionError, KeyError, Refused)) as caught:
        checks.ALL[mistake.caught_by](Chart(folder))
    if caught.type is Refused:
        pytest.fail(f"the mistake must render, or nothing was checked: {caught.value}")
    print(f"{mistake.name}: {str(caught.value).splitlines()[0] if str(caught.value) else caught.type.__name__}")


def test_there_are_enough_of_them():
    assert len(MISTAKES) >= 15 and len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
