"""Servers that behave badly on purpose, one behaviour a server: what a load has to tell apart."""
import asyncio
import contextlib
import json
import socket
import struct
import threading


class Server:
    """Runs `behave(reader, writer, server)` for each connection on an event loop of its own thread.

    Counts the connections it accepted and the request heads it read."""

    def __init__(self, behave):
        self.behave, self.connections, self.requests = behave, 0, 0
        self.heads, self.loop = [], asyncio.new_event_loop()
        started = threading.Event()

        async def listen():
            self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
            self.port = self.server.sockets[0].getsockname()[1]
            started.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(listen())
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        started.wait(30)

    async def _serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self.behave(reader, writer, self)
        writer.close()

    async def head(self, reader):
        """The next request with its body; IncompleteReadError at the end of the connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.requests += 1
        self.heads.append(head)
        for line in head.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                await reader.readexactly(int(value))
        return head

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)


def answer(body=b"hello", status="200 OK", fields=""):
    if isinstance(body, str):
        body = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body


def json_answer(value, fields=""):
    return answer(json.dumps(value), fields="Content-Type: application/json\r\n" + fields)


def always(data, close=False):
    """Answers every request with these bytes; `close`: and ends the connection after each."""
    async def behave(reader, writer, server):
        while True:
            await server.head(reader)
            writer.write(data)
            await writer.drain()
            if close:
                return
    return behave


def nth(choose):
    """Answers request number n (from 0, over all connections) with the bytes of choose(n)."""
    async def behave(reader, writer, server):
        while True:
            await server.head(reader)
            writer.write(choose(server.requests - 1))
            await writer.drain()
    return behave


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
