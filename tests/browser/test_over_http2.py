"""Two people chat in Chromium over HTTP/2: sockets go over it where the server offers that, else over HTTP/1.1."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.deployment.nginx import Nginx

from .board import Board, database, served
from .conftest import Meet, SignIn
from .helpers import NOT_READ, live, message, messages, send, something_new

OVER_HTTP_2, OVER_HTTP_1 = 200, 101
"""What a handshake that succeeds is answered with (RFC 8441, RFC 6455)."""


class BoardOfHypercorn(Board):
    """The example project under hypercorn, which ends TLS itself."""

    def __init__(self, folder: Path, database_url: str) -> None:
        super().__init__(folder, database_url, "")
        self.url = f"https://localhost:{self.port}"
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run([*made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.tls = ssl.create_default_context(cafile=str(certificate))
        self._files = ["--keyfile", str(key), "--certfile", str(certificate)]

    @property
    def command(self) -> list[str]:
        return ["hypercorn", self.application, "--bind", f"localhost:{self.port}", *self._files]


@contextmanager
def hypercorn(folder: Path) -> Iterator[str]:
    with database(folder) as url:
        board = BoardOfHypercorn(folder, url)
        board.start()
        try:
            yield board.url
        finally:
            board.stop()
    assert "Traceback" not in board.log.read_text("utf-8")


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """The guide's block with the one word that turns HTTP/2 on, before uvicorn."""
    static = f"STATIC_ROOT = {str(folder / 'static')!r}"
    with served(folder, static) as board:
        board.manage("collectstatic", "--no-input", "--verbosity", "0")
        with Nginx(folder, [board.port], http2=True) as before:
            yield f"https://localhost:{before.tls}"


@pytest.fixture(scope="module", params=[(hypercorn, OVER_HTTP_2), (nginx, OVER_HTTP_1)], ids=["hypercorn", "nginx"])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address of a board, and how it answers the handshake of a socket."""
    server: Callable[[Path], AbstractContextManager[str]]
    server, expected_status = request.param
    with server(tmp_path_factory.mktemp("board")) as url:
        yield url, expected_status


@pytest.fixture
def url(front: tuple[str, int]) -> str:
    return front[0]


class Overheard:
    """How a page's documents and sockets were answered, as the browser itself tells."""

    def __init__(self, page: Page) -> None:
        self.protocols: set[str] = set()
        self.handshakes: list[int] = []
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.responseReceived", lambda event: self.protocols.add(event["response"]["protocol"]))
        devtools.on(
            "Network.webSocketHandshakeResponseReceived",
            lambda event: self.handshakes.append(event["response"]["status"]),
        )


def test_two_people_chat_over_http_2(front: tuple[str, int], sign_in: SignIn, meet: Meet) -> None:
    _, expected_status = front
    juwon, minji = (sign_in(name, ignore_https_errors=True) for name in ("juwon", "minji"))
    overheard = [Overheard(page) for page in (juwon, minji)]
    minji.goto(meet(juwon, minji))
    live(juwon)
    live(minji)
    # Nearly as long as a message may be, so that one frame of HTTP/2 does not hold it.
    long = something_new("한글 " * 1_300)
    for author, reader, text in ((juwon, minji, something_new("Is it yours?")), (minji, juwon, long)):
        send(author, text)
        expect(message(reader, text)).to_be_visible()
        expect(messages(author).last).to_have_attribute("data-status", NOT_READ)
    for each in overheard:
        assert "h2" in each.protocols
        assert set(each.handshakes) == {expected_status}
