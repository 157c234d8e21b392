"""What `meson install` leaves: the documented files and no other, headers that stand alone, honest pkg-config files."""
import json
import re

import pytest

from support.commands import run
from support.programs import BUILD, SOURCE

JUDGE = SOURCE / "libcanary" / "judge" / "include"
HEADERS = sorted(str(file.relative_to(root)) for root in (SOURCE / "libcanary" / "include", JUDGE) for file in root.rglob("*.hpp"))
LIBRARIES = {"libcanary.a", "libcanary-judge.a", "pkgconfig/libcanary.pc", "pkgconfig/libcanary-judge.pc"}
VERSION = json.loads(run("meson", "introspect", "--projectinfo", BUILD))["version"]
# More than a parent's usual warnings: these headers are compiled with the user's own.
STRICT = ("-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")


def files(folder):
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if not file.is_dir()}


def expected(libdir):
    return {*(f"include/{h}" for h in HEADERS), *(f"{libdir}/{name}" for name in LIBRARIES), "share/licenses/libcanary/LICENSE"}


def test_stage_holds_the_documented_files_and_no_other(staged):
    assert files(staged.prefix) == expected(staged.libdir) | {"bin/canary-app", "bin/canaryctl"}
    assert files(staged.root) == {str(staged.prefix.relative_to(staged.root) / file) for file in files(staged.prefix)}


def test_without_programs_only_the_libraries_are_installed(prefix, staged):
    assert files(prefix.root) == expected(staged.libdir)


def test_installed_programs_run(staged):
    assert VERSION in run(staged.prefix / "bin" / "canaryctl", "--version")
    in_force = run(staged.prefix / "bin" / "canary-app", "--check-config", APP_VERSION="v7")
    assert re.search(r"^APP_VERSION +v7 +environment$", in_force, re.M)


@pytest.mark.parametrize("name", ["libcanary", "libcanary-judge"])
def test_pkg_config_file_names_no_place_of_the_build(name, prefix, staged):
    for file in (staged.prefix / staged.libdir / "pkgconfig" / f"{name}.pc", prefix.pkgconfig / f"{name}.pc"):
        text = file.read_text()
        for place in (BUILD, SOURCE, prefix.build, staged.root):
            assert str(place) not in text
        # Libraries by name: the path of a file holds for one machine, and for one patch version of it.
        words = " ".join(re.findall(r"^Libs(?:\.private)?: (.*)$", text, re.M)).split()
        assert words and [w for w in words if not w.startswith(("-l", "-L${libdir}")) and w != "-pthread"] == []


def test_pkg_config_tells_what_each_library_needs(prefix, pkg_config):
    assert pkg_config("--modversion", "libcanary", "libcanary-judge") == [VERSION, VERSION]
    assert set(pkg_config("--print-requires", "libcanary")) == {"prometheus-cpp-core", "spdlog"}
    assert pkg_config("--print-requires", "libcanary-judge") == []
    assert pkg_config("--cflags", "--libs", "libcanary-judge") == [
        f"-I{prefix.root}/include", f"-L{prefix.pkgconfig.parent}", "-lcanary-judge"]
    libs = pkg_config("--libs", "libcanary")
    assert libs[:2] == [f"-L{prefix.pkgconfig.parent}", "-lcanary"]
    assert {"-lboost_json", "-lboost_url", "-lprometheus-cpp-core", "-lspdlog", "-pthread"} <= set(libs[2:])


def test_shared_library_asks_only_for_what_its_headers_need(tmp_path):
    run("meson", "setup", tmp_path, SOURCE, "-Ddefault_library=shared", "-Dprograms=disabled", "-Dexamples=disabled", "-Dtests=disabled")
    text = (tmp_path / "meson-private" / "libcanary.pc").read_text()
    assert re.findall(r"^(Requires|Requires\.private|Libs): (.*)$", text, re.M) == [
        ("Requires", "prometheus-cpp-core"), ("Requires.private", "spdlog"), ("Libs", "-L${libdir} -lcanary -lboost_json")]


@pytest.mark.parametrize("header", HEADERS)
def test_header_compiles_alone_and_reaches_no_private_one(header, prefix, pkg_config, tmp_path):
    package = "libcanary-judge" if (JUDGE / header).exists() else "libcanary"
    (tmp_path / "alone.cpp").write_text(f"#include <{header}>\n")
    run("g++", *STRICT, *pkg_config("--cflags", package), "-MD", "-MF", "read", "alone.cpp", cwd=tmp_path)
    read = (tmp_path / "read").read_text().replace("\\\n", " ").split()[2:]
    own = {file.removeprefix(f"{prefix.root}/include/") for file in read if not file.startswith("/usr/")}
    assert header in own and own <= set(HEADERS)
    if package == "libcanary-judge":  # needs the standard library and nothing else
        assert [file for file in read if file.startswith("/usr/include/boost/")] == []
