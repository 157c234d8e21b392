"""Bad environments: the real program ends with exit code 2 and says name, value, reason and what is allowed."""
import subprocess

import pytest

from support.programs import APP, clean_environment

# settings -> words that the message must hold, beside each name and value
BAD = {
    "colour that would break out of a style sheet": ({"APP_COLOR": "red;}"}, ["CSS"]),
    "colour of no standard": ({"APP_COLOR": "grellow"}, ["CSS"]),
    "colour with five digits": ({"APP_COLOR": "#12345"}, ["#rrggbb"]),
    "version with a space": ({"APP_VERSION": "v 1"}, ["A-Za-z0-9"]),
    "version of 65 characters": ({"APP_VERSION": "v" * 65}, ["64"]),
    "empty version": ({"APP_VERSION": ""}, ["A-Za-z0-9"]),
    "unknown track": ({"APP_TRACK": "beta"}, ["stable", "canary"]),
    "port above the range": ({"CANARY_HTTP_PORT": "70000"}, ["65535"]),
    "negative port": ({"CANARY_HTTP_PORT": "-1"}, ["65535"]),
    "port with something behind it": ({"CANARY_ADMIN_PORT": "8081x"}, ["65535"]),
    "duration without a unit": ({"CANARY_DRAIN_DELAY": "5"}, ["5s"]),
    "duration of words": ({"CANARY_IDLE_TIMEOUT": "long"}, ["s"]),
    "negative duration": ({"CANARY_WRITE_TIMEOUT": "-1s"}, []),
    "equal ports": ({"CANARY_HTTP_PORT": "9000", "CANARY_ADMIN_PORT": "9000"}, ["differ"]),
    "handler allowed longer than the drain": ({"CANARY_HANDLER_TIMEOUT": "30s", "CANARY_DRAIN_TIMEOUT": "20s"}, ["CANARY_DRAIN_TIMEOUT"]),
    "byte size of no unit known": ({"CANARY_MAX_BODY": "1 parsec"}, ["KiB"]),
    "boolean that is none": ({"CANARY_FAULTS": "maybe"}, ["true", "false"]),
    "probability above one": ({"CANARY_FAULT_ERROR_RATE": "1.5"}, ["1"]),
    "status that is no error": ({"CANARY_FAULT_ERROR_STATUS": "200"}, ["599"]),
    "latency range turned round": ({"CANARY_FAULT_LATENCY": "90ms..10ms"}, []),
    "name with a letter missing": ({"CANARY_HTP_PORT": "8080"}, ["CANARY_HTTP_PORT"]),
    "proxy that is no address": ({"CANARY_TRUSTED_PROXIES": "10.0.0.0/33"}, ["CIDR"]),
    "several at once": ({"APP_COLOR": "red;}", "CANARY_HTTP_PORT": "70000", "CANARY_DRAIN_DELAY": "5", "APP_TRACK": "x"}, []),
}


def run(*arguments, **settings):
    return subprocess.run([APP, *arguments], env=clean_environment(**settings), capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("settings, words", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("arguments", [(), ("--check-config",)], ids=["start", "check-config"])
def test_bad_environment_ends_with_2_and_names_every_mistake(arguments, settings, words):
    got = run(*arguments, **settings)
    assert got.returncode == 2, got.stderr
    for name, value in settings.items():
        assert name in got.stderr and value in got.stderr
    for word in words:
        assert word in got.stderr


def test_unknown_name_is_a_warning_when_not_strict():
    got = run("--check-config", CANARY_HTP_PORT="8080", CANARY_STRICT="false")
    assert got.returncode == 0
    assert "CANARY_HTP_PORT" in got.stderr and "CANARY_HTTP_PORT" in got.stderr


def test_service_links_are_left_alone():
    got = run("--check-config", CANARY_DEMO_SERVICE_HOST="10.0.0.1", CANARY_DEMO_SERVICE_PORT="80", CANARY_DEMO_SERVICE_PORT_HTTP="80",
              CANARY_DEMO_PORT="tcp://10.0.0.1:80", CANARY_DEMO_PORT_80_TCP="tcp://10.0.0.1:80", CANARY_DEMO_PORT_80_TCP_PROTO="tcp",
              CANARY_DEMO_PORT_80_TCP_PORT="80", CANARY_DEMO_PORT_80_TCP_ADDR="10.0.0.1")
    assert got.returncode == 0, got.stderr
    assert "CANARY_DEMO" not in got.stderr


def test_service_link_that_hides_a_setting_is_a_warning_and_the_default_holds():
    got = run("--check-config", CANARY_HTTP_PORT="tcp://10.0.0.1:80")
    assert got.returncode == 0, got.stderr
    assert "CANARY_HTTP_PORT" in got.stderr and "8080" in got.stdout


def test_check_config_prints_what_would_be_in_force():
    got = run("--check-config", CANARY_MAX_BODY="64KiB", CANARY_DRAIN_DELAY="1500ms", APP_VERSION="v9")
    assert got.returncode == 0, got.stderr
    assert "CANARY_MAX_BODY" in got.stdout and "64KiB" in got.stdout and "v9" in got.stdout and "1500ms" in got.stdout


def test_help_names_every_setting_with_its_default():
    got = run("--help")
    assert got.returncode == 0
    for name in ("APP_VERSION", "APP_COLOR", "APP_TRACK", "CANARY_HTTP_PORT", "CANARY_DRAIN_DELAY", "CANARY_MAX_HEAD", "CANARY_FAULT_TTL",
                 "CANARY_TRUSTED_PROXIES", "CANARY_ACCESS_LOG", "CANARY_STRICT"):
        assert name in got.stdout
    assert "16KiB" in got.stdout and "20s" in got.stdout


def test_unknown_argument_is_refused():
    got = run("--chek-config")
    assert got.returncode == 2
    assert "--chek-config" in got.stderr


def test_version_is_one_line():
    got = run("--version")
    assert got.returncode == 0 and len(got.stdout.splitlines()) == 1
