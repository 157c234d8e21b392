"""Commands of a test that run to their end."""
import shlex
import subprocess

from support.programs import clean_environment


def run(*command, cwd=None, **environment):
    """The output of a command that must succeed."""
    words = [str(word) for word in command]
    got = subprocess.run(words, cwd=cwd, env=clean_environment(**environment), capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=580)
    assert got.returncode == 0, f"{shlex.join(words)} ended with {got.returncode}\n{got.stdout}{got.stderr}"
    return got.stdout
