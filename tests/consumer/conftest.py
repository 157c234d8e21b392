"""What was built, installed twice: below a DESTDIR as a packager does it, and into a prefix of its own."""
import json
import shlex
import shutil
import types

import pytest

from support.commands import run
from support.programs import BUILD, SOURCE


@pytest.fixture(scope="session")
def staged(tmp_path_factory):
    """The prefix that the build folder is configured for, below a DESTDIR."""
    root = tmp_path_factory.mktemp("stage")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root)
    options = {option["name"]: option["value"] for option in json.loads(run("meson", "introspect", "--buildoptions", BUILD))}
    prefix = root / options["prefix"].lstrip("/")
    return types.SimpleNamespace(root=root, prefix=prefix, libdir=options["libdir"])


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """Only the libraries, in a prefix. Its build folder is given the archives of BUILD: it would compile the same ones."""
    root = tmp_path_factory.mktemp("prefix")
    build = tmp_path_factory.mktemp("build")
    run("meson", "setup", build, SOURCE, f"--prefix={root}", "-Dprograms=disabled", "-Dexamples=disabled", "-Dtests=disabled")
    for archive in ("libcanary/libcanary.a", "libcanary/judge/libcanary-judge.a"):
        (build / archive).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BUILD / archive, build / archive)
    run("meson", "install", "-C", build, "--no-rebuild")
    found = list(root.rglob("libcanary.pc"))
    assert len(found) == 1, found
    return types.SimpleNamespace(root=root, pkgconfig=found[0].parent, build=build)


@pytest.fixture(scope="session")
def pkg_config(prefix):
    return lambda *arguments: shlex.split(run("pkg-config", *arguments, PKG_CONFIG_PATH=prefix.pkgconfig))


@pytest.fixture
def project(tmp_path):
    """A folder of somebody else's: his build file, and examples/hello as his program."""
    def make(kind, build_file):
        (tmp_path / build_file).symlink_to(SOURCE / "tests" / "consumer" / kind / build_file)
        (tmp_path / "hello.cpp").symlink_to(SOURCE / "examples" / "hello" / "hello.cpp")
        return tmp_path
    return make
