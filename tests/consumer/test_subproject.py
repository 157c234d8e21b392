"""libcanary as the Meson subproject of somebody's service, whose warnings are errors: the libraries and nothing else are built."""
import json

from support.commands import run
from support.programs import SOURCE, App, fetch


def test_parent_builds_and_runs(project):
    folder = project("meson", "meson.build")
    (folder / "subprojects").mkdir()
    (folder / "subprojects" / "libcanary").symlink_to(SOURCE)
    # Not optimised, as this compiles the whole library once more.
    run("meson", "setup", "--wrap-mode=forcefallback", "-Dwerror=true", "-Dwarning_level=3", "-Doptimization=0", "-Ddebug=false",
        folder / "build", folder)
    built = json.loads(run("meson", "introspect", "--targets", folder / "build"))
    assert sorted(target["name"] for target in built) == ["canary", "canary-judge", "my-service"]
    run("ninja", "-C", folder / "build")
    with App("v3", "yellow", "stable", program=str(folder / "build" / "my-service")) as app:
        app.ready()
        assert fetch(app.url + "/hello/parent").text == "Hello, parent!\n"
        assert app.terminate().wait() == 0
