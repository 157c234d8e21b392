"""canaryctl webhook beside real pods and a real Prometheus: what it answers Flagger and Argo Rollouts, and that it forgets nothing."""
import contextlib
import json
import shutil
import socket
import threading
import urllib.parse

import pytest

from support.programs import CANARYCTL, App, canaryctl, fetch, samples, wait_until
from support.prometheus import Prometheus

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")

RATE = 600  # requests a second of both tracks together, 80:20
ENOUGH = 60  # seconds until a verdict, on a busy machine
YES_UNLESS_ROLLED_BACK = ("rollout", "confirm-rollout", "pre-rollout")
GATES = (*YES_UNLESS_ROLLED_BACK, "confirm-promotion", "rollback")


class Webhook(App):
    def __init__(self, prometheus, *options, slo="95", **settings):
        """An objective of 95 % and no metric of slow requests: a verdict within seconds at this rate."""
        super().__init__(program=CANARYCTL, arguments=[
            "webhook", "--prometheus", f"http://127.0.0.1:{prometheus.port}", "--interval", "1s", "--settle", "1s", "--warmup", "0s",
            "--slow-bound", "none", "--slo", slo, *options], **settings)

    def ask(self, gate, name, version, phase="Progressing", checksum="abc"):
        return fetch(f"{self.url}/flagger/{gate}", "POST", json.dumps(payload(name, version, phase, checksum)).encode())

    def gates(self, *about, **more):
        return {gate: self.ask(gate, *about, **more).status for gate in GATES}

    def rollout(self, name):
        """What it knows of that rollout."""
        found = [one for one in fetch(self.url + "/rollouts").json()["rollouts"] if one["name"] == name]
        assert len(found) <= 1
        return found[0] if found else None

    def decided(self, name, version, decision):
        """Asks until there is that verdict; another one than that fails at once."""
        def look():
            self.ask("rollout", name, version)
            now = self.rollout(name)["decision"]
            assert now in (decision, "inconclusive"), self.rollout(name)
            return now == decision
        wait_until(look, f"{name}: {decision}", ENOUGH)
        return self.rollout(name)


def payload(name, version, phase="Progressing", checksum="abc"):
    """As Flagger's callWebhook marshals its CanaryWebhookPayload."""
    return {"name": name, "namespace": "shop", "phase": phase, "checksum": checksum, "metadata": {"version": version}}


class Traffic:
    """Requests for each pod at a rate of its own, until the end of the test."""

    def __init__(self, pods):
        self.stack = contextlib.ExitStack()
        self.pods = pods

    def __enter__(self):
        import subprocess
        for pod, rate in self.pods:
            load = subprocess.Popen([CANARYCTL, "load", pod.url + "/api/info", "--rate", str(rate), "--duration", "10m", "--connections", "4",
                                     "--max-failures", "100000000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.stack.callback(load.wait)
            self.stack.callback(load.terminate)
        return self

    def __exit__(self, *_):
        self.stack.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Stable v1, a good v2, a bad v3 with 20 % errors, and an idle v4: each canary is told from the others by its version."""
    with contextlib.ExitStack() as stack:
        stable = stack.enter_context(App("v1", "white", "stable", APP_CONFIG="c1")).ready()
        good = stack.enter_context(App("v2", "green", "canary", APP_CONFIG="c2")).ready()
        bad = stack.enter_context(App("v3", "yellow", "canary", CANARY_FAULT_ERROR_RATE=0.2, CANARY_FAULT_SEED=7)).ready()
        idle = stack.enter_context(App("v4", "red", "canary")).ready()
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), [f"127.0.0.1:{pod.admin_port}" for pod in (stable, good, bad, idle)])
        stack.callback(prometheus.close)
        wait_until(lambda: prometheus.query("count(up == 1)").get("") == 4, "four targets scraped")
        stack.enter_context(Traffic([(stable, RATE * 0.8), (good, RATE * 0.2), (bad, RATE * 0.1)]))
        yield prometheus


@pytest.fixture(scope="module")
def webhook(fleet):
    with Webhook(fleet) as running:
        yield running.ready()


def test_a_bad_canary_is_rolled_back_at_every_gate(webhook):
    known = webhook.decided("bad", "v3", "rollback")
    assert webhook.gates("bad", "v3") == {"rollout": 403, "confirm-rollout": 403, "pre-rollout": 403, "confirm-promotion": 403, "rollback": 200}
    assert known["rollback_evidence"] >= known["rollback_at"] and known["metrics"][0]["canary"]["events"] > 0
    said = webhook.ask("rollout", "bad", "v3").text
    assert said.startswith("rollback: ") and known["reason"] in said, "Flagger shows the body in its event"


def test_a_good_canary_is_promoted_by_its_gate_and_never_rolled_back(webhook):
    known = webhook.decided("good", "v2", "promote")
    assert webhook.gates("good", "v2") == {"rollout": 200, "confirm-rollout": 200, "pre-rollout": 200, "confirm-promotion": 200, "rollback": 403}
    assert known["promotion_evidence"] >= known["promotion_at"] and known["metrics"][0]["canary"]["events"] == 0


def test_an_inconclusive_canary_goes_on_and_is_neither_promoted_nor_rolled_back(webhook):
    for _ in range(2):
        assert webhook.gates("idle", "v4") == {"rollout": 200, "confirm-rollout": 200, "pre-rollout": 200, "confirm-promotion": 403, "rollback": 403}
    assert webhook.rollout("idle")["decision"] == "inconclusive"


@pytest.mark.parametrize("options, config, batches", [
    (["--stable-version", "v1"], "c2", True),
    (["--stable-version", "v1", "--stable-config", "c1"], None, True),
    (["--stable-version", "v1", "--stable-config", "c1"], "c2", True),
    (["--stable-version", "v1", "--stable-config", "c0"], None, False),
    (["--stable-version", "v0"], "c2", False),
])
def test_stable_and_the_canary_are_each_narrowed_by_what_is_given(fleet, options, config, batches):
    """A version alone, or with a configuration: what one side is narrowed by says nothing of the other's pods."""
    about = {"namespace": "shop", "name": "good", "checksum": "abc", "version": "v2", **({"config": config} if config else {})}
    with Webhook(fleet, *options) as narrowed:
        narrowed.ready()

        def judged():
            fetch(narrowed.url + "/argo-rollouts?" + urllib.parse.urlencode(about))
            return narrowed.rollout("good")
        known = wait_until(lambda: (now := judged()).get("judged_until", 0) - now.get("began", 0) > 5 and now, "more than five rounds", ENOUGH)
        assert (known["batches"] > 0) == batches, known


def test_a_version_that_nobody_runs_is_waited_for(webhook):
    assert webhook.gates("unborn", "v9") == {"rollout": 200, "confirm-rollout": 200, "pre-rollout": 200, "confirm-promotion": 403, "rollback": 403}
    assert "no sample of this rollout's canary yet" in webhook.rollout("unborn")["reason"]


@pytest.mark.parametrize("phase", ["Initialized", "Waiting", "Succeeded", "Failed"])
def test_the_verdict_on_the_last_rollout_is_not_held_against_the_next(webhook, phase):
    """Before a rollout Flagger asks under the checksum of the last one: its rollback must not forbid the new one, nor end it."""
    webhook.decided("bad", "v3", "rollback")
    assert webhook.gates("bad", "v3", phase=phase) == {
        "rollout": 200, "confirm-rollout": 200, "pre-rollout": 200, "confirm-promotion": 403, "rollback": 403}


def test_argo_rollouts_gets_json_by_either_method(webhook):
    webhook.decided("bad", "v3", "rollback")
    webhook.decided("good", "v2", "promote")
    for name, version, expected in [("bad", "v3", "failed"), ("good", "v2", "successful"), ("idle", "v4", "inconclusive")]:
        about = {"namespace": "shop", "name": name, "checksum": "abc", "version": version}
        got = fetch(webhook.url + "/argo-rollouts?" + urllib.parse.urlencode(about))
        posted = fetch(webhook.url + "/argo-rollouts", "POST", json.dumps(about).encode())
        for answer in (got, posted):
            assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
            values = answer.json()
            assert {word: values[word] for word in ("successful", "failed", "inconclusive")} == {
                word: word == expected for word in ("successful", "failed", "inconclusive")}
            assert values["reason"] and values["metrics"][0]["name"] == "errors"


def test_a_webhook_killed_in_mid_analysis_goes_on_where_it_was(fleet):
    """Two begin at different times; one of them is killed, and what takes its place comes to the other's evidence, to the bit."""
    with Webhook(fleet, slo="99.999") as one, Webhook(fleet, slo="99.999") as other:
        one.ready()
        other.ready()

        def watched(of):
            of.ask("rollout", "good", "v2")
            return of.rollout("good")
        since = watched(other)["judged_until"]
        wait_until(lambda: watched(one)["batches"] >= 3, "three batches", ENOUGH)
        wait_until(lambda: watched(other)["judged_until"] >= since + 3, "three rounds that were not history", ENOUGH)
        began = watched(one)
        assert began["decision"] == "inconclusive", "in mid-analysis"
        one.process.kill()
        one.wait()
        with Webhook(fleet, slo="99.999") as restarted:
            restarted.ready()
            first = watched(restarted)
            assert first["began"] == began["began"] and first["batches"] >= began["batches"]
            assert first["metrics"][0]["canary"]["requests"] >= began["metrics"][0]["canary"]["requests"] > 0

            def same():
                a, b = watched(restarted), watched(other)
                if a["judged_until"] != b["judged_until"]:
                    return None
                return a, b
            a, b = wait_until(same, "both at the same round")
            for field in ("began", "batches", "rollback_evidence", "promotion_evidence", "metrics"):
                assert a[field] == b[field], field


def test_a_bad_canary_is_still_bad_for_a_webhook_that_starts_later(fleet, webhook):
    webhook.decided("bad", "v3", "rollback")
    with Webhook(fleet) as later:
        assert later.ready().ask("rollback", "bad", "v3").status == 200, "at the first question"


BAD = [
    (b"", "body"),
    (b"{", "body"),
    (b"[]", "body"),
    (b'"x"', "body"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"name": 'x"} or up{a="'}, "name"),
    ({"name": "n" * 254}, "name"),
    ({"namespace": ""}, "namespace"),
    ({"namespace": "A B"}, "namespace"),
    ({"phase": "Progressed"}, "phase"),
    ({"phase": 1}, "phase"),
    ({"checksum": None}, "checksum"),
    ({"checksum": "x" * 129}, "checksum"),
    ({"checksum": {"a": 1}}, "checksum"),
    ({"metadata": []}, "metadata"),
    ({"metadata": {"version": 2}}, "metadata.version"),
    ({"metadata": {"version": 'v2",x="'}}, "metadata.version"),
    ({"metadata": {"config": "c"}}, "metadata.version"),
]


@pytest.mark.parametrize("change, field", BAD, ids=str)
def test_a_bad_payload_gets_a_400_that_names_the_field(webhook, change, field):
    body = change if isinstance(change, bytes) else json.dumps({k: v for k, v in {**payload("web", "v2"), **change}.items() if v is not None}).encode()
    got = fetch(webhook.url + "/flagger/rollout", "POST", body)
    assert got.status == 400 and got.headers["Content-Type"] == "application/problem+json"
    assert got.json()["detail"].startswith(field + ": ") and "expected" in got.json()["detail"]
    assert webhook.rollout("web") is None


def test_further_members_and_metadata_are_left_alone(webhook):
    body = {**payload("unborn", "v9"), "canary": {"x": 1}, "metadata": {"version": "v9", "eventMessage": "New revision", "timestamp": "1"}}
    assert fetch(webhook.url + "/flagger/rollout", "POST", json.dumps(body).encode()).status == 200


@pytest.mark.parametrize("query, field", [("namespace=shop&checksum=a", "name"), ("namespace=shop&name=web", "checksum"), ("name=web&checksum=a", "namespace")])
def test_argo_rollouts_is_told_what_its_question_lacks(webhook, query, field):
    got = fetch(f"{webhook.url}/argo-rollouts?{query}")
    assert got.status == 400 and got.json()["detail"].startswith(field + ": missing")


def test_other_paths_methods_and_sizes_are_refused(webhook):
    assert fetch(webhook.url + "/flagger/rollout").status == 405
    assert fetch(webhook.url + "/flagger/promote", "POST", b"{}").status == 404
    assert fetch(webhook.url + "/flagger/rollout", "POST", b" " * 70_000).status == 413


def test_it_keeps_no_more_rollouts_than_allowed_and_forgets_the_one_asked_longest_ago(fleet):
    with Webhook(fleet, "--rollouts", "3") as small:
        small.ready()
        for n in (1, 2, 3, 1, 4):
            small.ask("rollout", f"r{n}", "v9")
        assert {one["name"] for one in fetch(small.url + "/rollouts").json()["rollouts"]} == {"r1", "r3", "r4"}
        assert small.metric("canaryctl_webhook_rollouts") == 3 and small.metric("canaryctl_webhook_rollouts_forgotten_total") == 1


def test_a_rollout_that_nobody_asks_about_is_forgotten(fleet):
    with Webhook(fleet, "--idle", "1s") as forgetful:
        forgetful.ready().ask("rollout", "good", "v2")
        wait_until(lambda: fetch(forgetful.url + "/rollouts").json()["rollouts"] == [], "nothing known")


def test_without_prometheus_no_gate_shuts_and_none_opens(fleet):
    class Nowhere:
        port = 9
    with Webhook(Nowhere) as blind:
        blind.ready()
        assert blind.gates("bad", "v3") == {"rollout": 200, "confirm-rollout": 200, "pre-rollout": 200, "confirm-promotion": 403, "rollback": 403}
        assert "refused" in blind.ask("rollout", "bad", "v3").text
        assert blind.metric("canaryctl_webhook_troubles_total") >= 1


def test_it_counts_its_answers(webhook):
    webhook.decided("bad", "v3", "rollback")
    before = webhook.metric("canaryctl_webhook_answers_total", gate="rollback", verdict="rollback")
    webhook.ask("rollback", "bad", "v3")
    assert webhook.metric("canaryctl_webhook_answers_total", gate="rollback", verdict="rollback") == before + 1
    text = fetch(webhook.admin + "/metrics").text
    found = {(labels["gate"], labels["verdict"]) for labels, _ in samples(text, "canaryctl_webhook_answers_total")}
    assert len(found) == 6 * 3, "every answer stands at 0 from the start"


def test_many_who_ask_at_once_are_all_answered(webhook):
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(webhook.ask("rollout", "good", "v2").status)) for _ in range(40)]
    for one in askers:
        one.start()
    for one in askers:
        one.join(60)
    assert answers == [200] * 40


@pytest.mark.parametrize("options, words", [
    (["--prometheus", "ftp://p"], ["--prometheus"]),
    ([], ["--prometheus URL"]),
    (["--prometheus", "http://p", "--rollouts", "0"], ["--rollouts", "'0'"]),
    (["--prometheus", "http://p", "--stable", "track="], ["--stable"]),
    (["--prometheus", "http://p", "--alpha", "2"], ["--alpha", "0.5"]),
    (["--prometheus", "http://p", "--canary-version", "v2"], ["--canary-version"]),
])
def test_wrong_options_end_it_with_2_and_say_why(options, words):
    got = canaryctl("webhook", *options)
    assert got.returncode == 2
    for word in words:
        assert word in got.stderr, got.stderr


def test_a_wrong_setting_of_the_service_ends_it_with_2(fleet):
    with Webhook(fleet, CANARY_HTTP_PORT="http") as wrong:
        assert wrong.wait() == 2 and "CANARY_HTTP_PORT" in "".join(wrong.raw)


@pytest.mark.parametrize("setting, name", [("CANARY_HTTP_PORT", "http"), ("CANARY_ADMIN_PORT", "admin")])
def test_a_taken_port_ends_it_with_2_and_is_named(fleet, setting, name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Webhook(fleet, **{setting: port}) as refused:
            assert refused.wait() == 2
            assert f"{name} listener at 127.0.0.1 port {port}: Address already in use" in "".join(refused.raw)


def test_sigterm_ends_it_with_0(fleet):
    with Webhook(fleet, CANARY_DRAIN_DELAY="0s") as running:
        running.ready().ask("rollout", "good", "v2")
        assert running.terminate().wait() == 0
        assert [line["cut"] for line in running.log if line.get("step") == "connections_ended"] == [0, 0], "http and admin"
