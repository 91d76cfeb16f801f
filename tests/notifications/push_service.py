"""A push service on this machine, and browsers that subscribe to it and decrypt what it has got for them."""

from __future__ import annotations

import json
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid

PRIVATE_KEY = "C8gfVjI2Q6o0pAlYlmC1w9GyI1tGVcqWeSX8fJPZ6kI"
OTHER_KEY = "eGm1hzQv0mZp9bGm3yqXoDkq4M2m0Z0H2JmYf5m3m1Q"
SUBJECT = "mailto:board@lost-and-found.org"


def base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Received:
    """One message as the push service got it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def claims(self) -> dict[str, Any]:
        """What the signature says, which is verified."""
        assert Vapid.verify(self.headers["authorization"])
        token = self.headers["authorization"].split("t=")[1].split(",")[0]
        claims: dict[str, Any] = json.loads(from_base64(token.split(".")[1]))
        return claims


@dataclass
class PushService:
    """Answers 201, or what a test has put into ``answers``, each ``(status, headers)`` for one message."""

    origin: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """For all browsers."""
    answers_to: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    """For the browser with this path."""


class Browser:
    """The keys of one subscription."""

    def __init__(self, service: PushService, name: str) -> None:
        self.path = f"/push/{name}"
        self.service = service
        self.endpoint = f"{service.origin}{self.path}"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = secrets.token_bytes(16)

    @property
    def fields(self) -> dict[str, str]:
        """What the browser tells the site."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": base64(point), "auth": base64(self._auth)}

    @property
    def payloads(self) -> list[bytes]:
        """What came for this browser, decrypted."""
        bodies = [each.body for each in self.service.received if each.path == self.path]
        return [http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth) for body in bodies]

    @property
    def notifications(self) -> list[dict[str, Any]]:
        return [json.loads(payload)["notification"] for payload in self.payloads]


@contextmanager
def serving_push() -> Iterator[PushService]:
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.received.append(Received(self.path, headers, body))
            answers = service.answers_to.get(self.path) or service.answers
            status, more = answers.pop(0) if answers else (201, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - as above

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as above
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
