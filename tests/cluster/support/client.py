"""A browser's view: one request at a time, with headers and cookies."""

import http.client
import json
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        assert self.status == 200, f"status {self.status}: {self.body[:200]!r}"
        return json.loads(self.body)


def request(url, host, path="/", headers=None, timeout=10):
    """One request on a fresh connection."""
    at = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port or 80, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host, "Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def info(url, host, **headers):
    return request(url, host, "/api/info", {name.replace("_", "-"): value for name, value in headers.items()}).json()
