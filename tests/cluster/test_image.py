"""The image as a node runs it: read-only, without capabilities, as a numeric user; by runc, which every node has."""

import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import uuid

import pytest

ARCHIVE = pathlib.Path(os.environ.get("IMAGE_ARCHIVE", "build/image/canary.tar"))
GLIBC = ("libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libresolv.so", "ld-linux")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The unpacked file system and the image's configuration."""
    if not ARCHIVE.exists():
        pytest.skip(f"needs {ARCHIVE}: run tools/image")
    folder = tmp_path_factory.mktemp("image")
    root = folder / "rootfs"
    with tarfile.open(ARCHIVE) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(manifest["Config"]))
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(layer)) as files:
                files.extractall(root)
    return folder, root, config


@pytest.fixture(scope="module")
def contained(image):
    """Runs a command in the image: no capabilities, read-only root, no way to gain privileges, no network."""
    if shutil.which("runc") is None or os.geteuid() != 0:
        pytest.skip("needs runc and root")
    folder, _, config = image

    def run(*arguments, env=(), user=None):
        subprocess.run(["rm", "-f", str(folder / "config.json")], check=True)
        subprocess.run(["runc", "spec"], cwd=folder, check=True)
        spec = json.loads((folder / "config.json").read_text())
        uid, gid = (user or config["config"]["User"]).split(":")
        spec["process"].update(terminal=False, args=list(arguments) or config["config"]["Entrypoint"], noNewPrivileges=True,
                               user={"uid": int(uid), "gid": int(gid)}, env=["PATH=/", *env], rlimits=[])
        spec["process"]["capabilities"] = {kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")}
        spec["root"] = {"path": "rootfs", "readonly": True}
        (folder / "config.json").write_text(json.dumps(spec))
        return subprocess.run(["runc", "run", f"image-{uuid.uuid4().hex[:8]}"], cwd=folder, capture_output=True, text=True, timeout=60)

    return run


def test_holds_the_two_programs_and_what_they_load_and_nothing_else(image):
    _, root, _ = image
    files = sorted("/" + str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    allowed = ("/canary-app", "/canaryctl", "/etc/passwd", "/etc/group", "/etc/ssl/certs/ca-certificates.crt")
    extra = [name for name in files if name not in allowed and not (name.startswith(("/lib/", "/lib64/", "/usr/lib/")) and ".so" in name)]
    assert extra == []
    assert {"/canary-app", "/canaryctl", "/etc/passwd"} <= set(files)


def test_has_no_shell_and_no_package_manager(contained):
    for program in ("/bin/sh", "/bin/bash", "/usr/bin/apt-get", "/usr/bin/dpkg", "/bin/busybox"):
        result = contained(program)
        assert result.returncode != 0 and "no such file" in result.stderr.lower(), (program, result)


def test_weighs_at_most_12_MB_beside_glibc(image):
    _, root, _ = image
    weight = sum(path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.name.startswith(GLIBC))
    assert weight <= 12_000_000, weight


def test_runs_as_a_numeric_user_who_is_not_root(image):
    _, root, config = image
    user = config["config"]["User"]
    assert user == "65532:65532"
    assert any(line.split(":")[2] == "65532" for line in (root / "etc/passwd").read_text().splitlines())


def test_says_what_it_was_made_from(image):
    labels = image[2]["config"]["Labels"]
    for name in ("title", "description", "licenses", "version", "revision", "created"):
        assert labels[f"org.opencontainers.image.{name}"] not in ("", "unknown"), name
    assert len(labels["org.opencontainers.image.revision"].removesuffix("-dirty")) == 40


def test_checks_its_configuration_read_only_and_without_capabilities(contained):
    good = contained("/canary-app", "--check-config", env=["APP_VERSION=v2", "APP_COLOR=green"])
    assert good.returncode == 0, good
    assert "v2" in good.stdout + good.stderr
    bad = contained("/canary-app", "--check-config", env=["CANARY_HTTP_PORT=70000"])
    assert bad.returncode == 2, bad
    assert "CANARY_HTTP_PORT" in bad.stderr and "70000" in bad.stderr


def test_canaryctl_runs_in_it(contained):
    result = contained("/canaryctl", "budget", "--slo", "99.9", "--window", "30d", "--total", "1000000", "--errors", "100")
    assert result.returncode == 0, result
    assert contained("/canaryctl", "--version").returncode == 0


def test_runs_as_any_other_user_too(contained):
    assert contained("/canary-app", "--check-config", user="12345:0").returncode == 0
