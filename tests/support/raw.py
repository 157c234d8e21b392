"""Connections on which every byte is the test's own."""
import contextlib
import socket

GENEROUS = 30


class Message:
    """One answer as it stood on the wire."""

    def __init__(self, version, status, reason, fields, body):
        self.version, self.status, self.reason, self.fields, self.body = version, status, reason, fields, body

    def __getitem__(self, name):
        """The field of that name, any case; None without one."""
        found = [value for key, value in self.fields if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} stands {len(found)} times"
        return found[0] if found else None

    @property
    def closes(self):
        return self["Connection"] == "close"


class Raw:
    """A TCP connection to 127.0.0.1."""

    def __init__(self, port, timeout=GENEROUS):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def _more(self):
        got = self.socket.recv(65536)
        self.buffer += got
        return bool(got)

    def answer(self, head=False):
        """The next whole answer; `head`: to a HEAD request. AssertionError when the connection ends before."""
        while b"\r\n\r\n" not in self.buffer:
            assert self._more(), f"the connection ended before an answer, after {self.buffer!r}"
        raw, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status_line, *lines = raw.decode("latin-1").split("\r\n")
        version, status, reason = status_line.split(" ", 2)
        fields = [tuple(line.split(": ", 1)) for line in lines]
        message = Message(version, int(status), reason, fields, b"")
        if not head and message.status >= 200 and message.status not in (204, 304):
            length = int(message["Content-Length"])
            while len(self.buffer) < length:
                assert self._more(), "the connection ended in the body"
            message.body, self.buffer = self.buffer[:length], self.buffer[length:]
        return message

    def ended(self):
        """Whether the server closes without another byte. A reset is an error."""
        while self._more():
            pass
        return self.buffer == b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.close()


def exchange(port, data, head=False):
    """One answer to those bytes, and whether the connection was closed behind it (known by its announcement)."""
    with Raw(port) as raw:
        return raw.send(data).answer(head)
