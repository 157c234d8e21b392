"""What a run measured, as JSON files that `canaryctl report` turns into answers.yml."""

import json
import os
import pathlib
import time

FOLDER = pathlib.Path(os.environ.get("MEASUREMENTS", "build/e2e/measurements"))


def record(name, **measured):
    """Write or extend the measurement NAME."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known.update(measured)
    known["recorded_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    path.write_text(json.dumps(known, indent=1) + "\n")
