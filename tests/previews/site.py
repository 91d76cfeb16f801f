"""A stand-in for the web: a server on this machine, and names that lead there or elsewhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from django_pairchat.previews import guard

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """What it answers by path, and who asked for what. ``names`` are the addresses that a name has, in turn."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.names: dict[str, Sequence[Sequence[str]]] = {}
        self.looked_up: list[str] = []

    def page(
        self, path: str, html: str | bytes, content_type: str = "text/html; charset=utf-8", **headers: str
    ) -> None:
        body = html.encode() if isinstance(html, str) else html
        self.answers[path] = lambda handler: respond(handler, 200, body, {"Content-Type": content_type, **headers})

    def redirect(self, path: str, to: str) -> None:
        self.answers[path] = lambda handler: respond(handler, 302, b"", {"Location": to})

    @property
    def paths(self) -> list[str]:
        return [path for path, _headers in self.asked]

    def look_up(self, host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        turn = self.looked_up.count(host)
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror("unknown")
        answers = self.names[host]
        return [(0, 0, 0, "", (address, port)) for address in answers[min(turn, len(answers) - 1)]]


def respond(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        site: ClassVar[Site]

        def do_GET(self) -> None:
            self.site.asked.append((self.path, dict(self.headers)))
            answer = self.site.answers.get(self.path)
            if answer is None:
                respond(self, 404, b"", {})
            else:
                answer(self)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    real = guard.is_public
    # The one address of this machine that stands for the web; whatever else is not public is not.
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1" or real(address))
    monkeypatch.setitem(guard.PORTS, "http", Handler.site.port)
    monkeypatch.setattr(guard, "getaddrinfo", Handler.site.look_up)
    Handler.site.names["site.example"] = [["127.0.0.1"]]
    try:
        yield Handler.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
