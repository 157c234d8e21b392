"""The README's example, settings and metrics are what the source and the programs say."""
import subprocess

from support.programs import BUILD, SOURCE


def test_generated_parts_of_the_readme_are_fresh():
    got = subprocess.run([SOURCE / "tools/readme", "--check", BUILD], capture_output=True, text=True, timeout=60)
    assert got.returncode == 0, got.stderr
