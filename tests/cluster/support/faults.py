"""Faults of a running pod, at its admin port."""

import json
import urllib.request


def set_faults(address, faults):
    """PUT or, with None, DELETE /api/faults of the pod at an address."""
    body = None if faults is None else json.dumps(faults).encode()
    request = urllib.request.Request(f"http://{address}:8081/api/faults", data=body, method="DELETE" if faults is None else "PUT",
                                     headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).read()
