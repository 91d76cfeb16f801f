"""A client with a token and no cookies: it opens a chat, sends a photo, and hears the answer over its socket."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import PASSWORD

from .served import Host
from .test_chatting import photo

pytestmark = pytest.mark.hosts("rest")


APP = "https://app.example"


def client(host: Host, name: str, kind: str = "simplejwt") -> httpx.Client:
    """Somebody with a token of one of two kinds."""
    address, scheme, field = KINDS_OF_TOKENS[kind]
    asked = httpx.post(host.url + address, json={"username": name, "password": PASSWORD})
    return httpx.Client(base_url=host.url, headers={"Authorization": f"{scheme} {asked.json()[field]}"})


KINDS_OF_TOKENS = {
    "simplejwt": ("/api/token/", "Bearer", "access"),
    "REST framework's own": ("/api/auth-token/", "Token", "token"),
}


def socket(host: Host, header: str) -> ClientConnection:
    """A socket as an app opens it, without an origin."""
    return connect(address(host), subprotocols=["pairchat.v1"], additional_headers={"Authorization": header})


def address(host: Host) -> str:
    return host.url.replace("http", "ws") + "/ws/pairchat/"


def frame(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of a type, or event of a kind."""
    while True:
        found: dict[str, Any] = json.loads(connection.recv(timeout=15))
        if kind in (found["type"], found.get("kind")):
            return found


@pytest.mark.parametrize("kind", KINDS_OF_TOKENS)
def test_a_client_with_a_token_chats(host: Host, kind: str) -> None:
    with client(host, host.kind.reader, kind) as reader, client(host, host.kind.author, kind) as author:
        chat(host, reader, author)


def test_a_page_of_another_origin_opens_one_socket_with_a_ticket(host: Host) -> None:
    with client(host, host.kind.reader) as reader:
        given = reader.post("/chat/api/ticket/", headers={"Origin": APP})
    ticket = f"pairchat.ticket.{given.json()['ticket']}"
    with connect(address(host), origin=APP, subprotocols=["pairchat.v1", ticket]) as connection:
        frame(connection, "hello")
        assert connection.subprotocol == "pairchat.v1"
    with connect(address(host), origin=APP, subprotocols=["pairchat.v1", ticket]) as again:
        assert frame(again, "bye")["code"] == 4401


def chat(host: Host, reader: httpx.Client, author: httpx.Client) -> None:
    listing = reader.get("/api/listings/1/").json()
    opened = reader.post("/chat/api/rooms/", json={"user": str(listing["author"]), "topic": listing["chat_topic"]})
    assert opened.is_success, opened.text
    room = opened.json()["room"]["room"]
    with socket(host, author.headers["Authorization"]) as connection:
        frame(connection, "hello")
        file = photo()
        upload = reader.post(
            "/chat/api/uploads/", data={"room": room}, files={"file": (file["name"], file["buffer"], file["mimeType"])}
        )
        assert upload.status_code == 201, upload.text
        sent = {"client_id": str(uuid4()), "content": "이 사진이에요", "attachment": upload.json()["upload"]}
        assert reader.post(f"/chat/api/rooms/{room}/messages/", json=sent).status_code == 201
        heard = frame(connection, "message")["message"]
        assert heard["content"] == sent["content"]
        assert heard["attachment"]["name"] == "bicycle.jpg"
        answer = {"type": "send", "id": 1, "room": room, "client_id": str(uuid4()), "content": "고마워요"}
        connection.send(json.dumps(answer))
        assert frame(connection, "ok")["id"] == 1
    messages = reader.get(f"/chat/api/rooms/{room}/messages/").json()["messages"]
    assert [each["content"] for each in messages[-2:]] == ["이 사진이에요", "고마워요"]


def test_a_token_that_is_not_valid_is_refused_as_json_and_at_the_socket(host: Host) -> None:
    refused = httpx.get(f"{host.url}/chat/api/inbox/", headers={"Authorization": "Bearer nonsense"})
    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    with socket(host, "Bearer nonsense") as connection, pytest.raises(ConnectionClosed) as closed:
        frame(connection, "hello")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_a_request_with_a_cookie_alone_still_needs_a_csrf_token(host: Host) -> None:
    refused = httpx.post(f"{host.url}/chat/api/rooms/", json={"user": "1"})
    assert refused.status_code in (401, 403)
    assert refused.json()["code"] in ("csrf", "unauthenticated")
