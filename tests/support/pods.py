"""Small servers that stand for pods behind the demo's proxy, and the proxy alone."""
import json
import os
import pathlib
import socket
import struct
import subprocess
import threading

from support.programs import BUILD, wait_until

PROXY = os.environ.get("CANARY_PROXY", str(pathlib.Path(BUILD) / "tests" / "unit" / "canaryctl_demo" / "proxy_program"))


class Connection:
    """One connection that a pod accepted; reads HTTP by hand so that a test sees each byte."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""

    def more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def head(self):
        """Request line and fields (names in lower case), or None at the end of the connection."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return None
        raw, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        line, *fields = raw.decode("latin-1").split("\r\n")
        return line, [(name.lower(), value.strip()) for name, value in (field.split(":", 1) for field in fields)]

    def body(self, fields):
        """Yields the pieces of the body, decoded."""
        values = dict(fields)
        if values.get("transfer-encoding") == "chunked":
            while True:
                while b"\r\n" not in self.buffer:
                    if not self.more():
                        raise ConnectionError("cut within a chunk's header")
                size, self.buffer = self.buffer.split(b"\r\n", 1)
                size = int(size, 16)
                while len(self.buffer) < size + 2:
                    if not self.more():
                        raise ConnectionError("cut within a chunk")
                piece, self.buffer = self.buffer[:size], self.buffer[size + 2:]
                if size == 0:
                    return
                yield piece
        else:
            left = int(values.get("content-length", 0))
            while left > 0:
                if not self.buffer and not self.more():
                    raise ConnectionError("cut within the body")
                piece, self.buffer = self.buffer[:left], self.buffer[left:]
                left -= len(piece)
                yield piece

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Listener:
    """Calls `serve(Connection)` for each connection, on a thread of its own."""

    def __init__(self, serve):
        self.serve, self.connections = serve, 0
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(sock,), daemon=True).start()

    def _one(self, sock):
        try:
            self.serve(Connection(sock))
        except OSError:
            pass
        finally:
            sock.close()

    def close(self):
        # close() alone leaves a thread in accept() holding the listening socket open.
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class Pod:
    """A pod whose answers a test writes: `answer(connection, line, fields)` after each head. `ready` may be changed."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda connection, line, fields: respond(connection, body=b"".join(connection.body(fields))))
        self.ready, self.requests, self.ended = True, [], 0
        self.http, self.admin = Listener(self._serve), Listener(self._probe)

    def _serve(self, connection):
        while (got := connection.head()) is not None:
            self.requests.append(got)
            if self.answer(connection, *got) == "close":
                return
        self.ended += 1

    def _probe(self, connection):
        connection.head()
        connection.send(f"HTTP/1.1 {200 if self.ready else 503} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def close(self):
        self.http.close()
        self.admin.close()


def respond(connection, status="200 OK", fields=(), body=b""):
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    connection.send(head.encode("latin-1") + b"Content-Length: %d\r\n\r\n" % len(body) + body)


class Proxy:
    """The demo's proxy as a program, with commands on its standard input."""

    def __init__(self, answer_timeout_ms=20000, port=0):
        self.process = subprocess.Popen([PROXY, str(port), str(answer_timeout_ms)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.pods = []

    def command(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def counts(self):
        return self.command("counts")

    def add(self, name, pod, track="stable", version="v1"):
        self.pods.append(pod)
        self.command("add", name, version, track, pod.http.port, pod.admin.port)
        if pod.ready:
            wait_until(lambda: self.counts()["pods"][name]["ready"], f"pod {name} ready")
        return pod

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return Connection(sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.write("quit\n")
            self.process.stdin.close()
            code = self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            for pod in self.pods:
                pod.close()
        assert code == 0, f"the proxy ended with {code}"
