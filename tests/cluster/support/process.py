"""Running the command line tools that the story is told with."""

import subprocess


class CommandFailed(AssertionError):
    """A command ended with another status than the test wants; its output is the message."""

    def __init__(self, result):
        super().__init__(f"{' '.join(result.args)}\nexit {result.returncode}\n{result.stdout}{result.stderr}")
        self.result = result


def run(*command, input=None, timeout=300, check=True, env=None):
    result = subprocess.run([str(part) for part in command], input=input, capture_output=True, text=True,
                            timeout=timeout, env=env)
    if check and result.returncode != 0:
        raise CommandFailed(result)
    return result
