"""Waiting for a condition, never for a time."""

import time


def wait_for(condition, timeout, what, every=0.25):
    """The first true value of condition(); an exception in it counts as "not yet" and is shown at the end."""
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except Exception as error:  # pylint: disable=broad-except
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s for {what}; last seen: {last!r}")
        time.sleep(every)
