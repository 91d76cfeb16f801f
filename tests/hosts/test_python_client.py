"""The Python client against a site with tokens: nothing is lost or doubled by restarts, expiry and crashes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from django_pairchat.client import PairchatClient, Refused, SignedOut, Store
from tests.browser.conftest import PASSWORD

from .served import Host
from .test_chatting import photo
from .test_front_ends import SHORT

pytestmark = pytest.mark.hosts("rest")
PATIENCE_SECONDS = 60
OK = 200
RECHECK_SECONDS = 3
Test = Callable[[Host, Path], Coroutine[Any, Any, None]]


def in_time(test: Test) -> Callable[[Host, Path], None]:
    """Run a coroutine as a test; one that waits for ever fails."""

    def run(host: Host, tmp_path: Path) -> None:
        # A thread of its own: in this one the browser of other tests has a loop that never stops running.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, asyncio.wait_for(test(host, tmp_path), PATIENCE_SECONDS)).result()

    return run


class Tokens:
    """Somebody's access tokens; the first one may be given."""

    def __init__(self, host: Host, name: str, first: str = "") -> None:
        self.asked: list[bool] = []
        self._given = httpx.post(f"{host.url}/api/token/", json={"username": name, "password": PASSWORD}).json()
        self._address = f"{host.url}/api/token/refresh/"
        self._access = first or self._given["access"]

    async def __call__(self, refused: bool) -> Mapping[str, str] | None:
        self.asked.append(refused)
        if refused:
            async with httpx.AsyncClient() as client:
                answer = await client.post(self._address, json={"refresh": self._given["refresh"]})
            self._access = answer.json()["access"]
        return {"Authorization": f"Bearer {self._access}"}


def client(host: Host, name: str, store: Path | None = None, tokens: Tokens | None = None) -> PairchatClient:
    return PairchatClient(f"{host.url}/chat/", tokens or Tokens(host, name), store=Store(store))


@asynccontextmanager
async def two(host: Host, folder: Path) -> AsyncIterator[tuple[PairchatClient, PairchatClient, str]]:
    """The two people of the host, and their room."""
    async with client(host, host.kind.reader) as reader, client(host, host.kind.author, folder / "author") as author:
        room = (await reader.open_room(author.user))["room"]
        await reader.send(room, "hello")
        yield reader, author, room


async def texts(reader: PairchatClient, number: int) -> list[str]:
    """The contents of the next messages."""
    found: list[str] = []
    async for message in reader.messages():
        found.append(message["content"])
        if len(found) == number:
            break
    return found


@in_time
async def test_two_chat_with_a_photo(host: Host, folder: Path) -> None:
    async with two(host, folder) as (reader, author, room):
        token, made = await reader.upload(room, "bicycle.jpg", photo()["buffer"])
        assert made["type"] == "image/jpeg"
        sent = await reader.send(room, "", attachment=token)
        assert (await reader.fetch_file(str(sent["attachment"] and sent["attachment"]["url"]))).startswith(b"\xff\xd8")
        assert await texts(author, 2) == ["hello", ""]
        first = await author.reply(sent, "a fine one")
        assert await author.reply(sent, "a fine one") == first
        assert await texts(reader, 1) == ["a fine one"]
        with pytest.raises(Refused) as refused:
            await reader.send(room, "  ")
        assert refused.value.code == "empty"
        assert (await reader.history(room))["messages"][-1] == first


@in_time
async def test_a_restart_of_the_server_loses_and_doubles_nothing(host: Host, folder: Path) -> None:
    async with two(host, folder) as (reader, author, room):
        heard = asyncio.create_task(texts(author, 41))

        async def write() -> None:
            for number in range(40):
                await reader.send(room, str(number))

        writing = asyncio.create_task(write())
        await asyncio.sleep(0.2)
        await asyncio.to_thread(host.stop)
        try:
            await asyncio.sleep(0.5)
            assert not writing.done()
        finally:
            await asyncio.to_thread(host.start)
        await writing
        expected = ["hello", *map(str, range(40))]
        assert await heard == expected
        page = await author.history(room, limit=100)
        assert [each["content"] for each in page["messages"]][-41:] == expected


@in_time
async def test_a_token_that_expires_is_renewed(host: Host, folder: Path) -> None:
    short = host.run(SHORT.format(name=host.kind.reader, seconds=5))
    tokens = Tokens(host, host.kind.reader, short)
    async with two(host, folder) as (_, author, room), client(host, host.kind.reader, tokens=tokens) as reader:
        await asyncio.sleep(6)
        await author.send(room, "meanwhile")
        assert await texts(reader, 1) == ["meanwhile"]
        await reader.send(room, "with the new one")
        assert await texts(author, 2) == ["hello", "with the new one"]
        assert tokens.asked == [False, True]


@in_time
async def test_a_bot_that_crashed_goes_on_where_it_was(host: Host, folder: Path) -> None:
    async with two(host, folder) as (reader, author, room):
        for text in ("one", "two"):
            await reader.send(room, text)
        # A message is handled when the next one is asked for.
        assert await texts(author, 2) == ["hello", "one"]
    async with client(host, host.kind.author, folder / "author") as again:
        assert await texts(again, 2) == ["one", "two"]


@in_time
async def test_what_was_not_sent_is_sent_by_the_next_client_with_the_store(host: Host, folder: Path) -> None:
    async with two(host, folder) as (reader, author, room):
        path = folder / "outbox"
        async with client(host, host.kind.reader, path) as first:
            await asyncio.to_thread(host.stop)
            try:
                for text in ("one", "two"):
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(first.send(room, text), 0.3)
            finally:
                # It is closed while the server is away.
                pass
        await asyncio.to_thread(host.start)
        async with client(host, host.kind.reader, path):
            assert await texts(author, 3) == ["hello", "one", "two"]
        assert reader.user != author.user


@in_time
async def test_headers_that_are_refused_for_good_end_it(host: Host, folder: Path) -> None:
    wrong = PairchatClient(f"{host.url}/chat/", {"Authorization": "Bearer nonsense"})
    with pytest.raises(SignedOut):
        async with wrong:
            pass
    with pytest.raises(ValueError, match="whole address"):
        PairchatClient("/chat/", {})


class AllauthTokens:
    """Somebody's tokens of allauth's JWT strategy, renewed when they are refused."""

    def __init__(self, host: Host, name: str) -> None:
        self.renewed = 0
        self._api = f"{host.url}/_allauth/app/v1"
        said = httpx.post(f"{self._api}/auth/login", json={"email": name, "password": PASSWORD})
        self._tokens = said.json()["meta"]

    async def __call__(self, refused: bool) -> Mapping[str, str] | None:
        if refused:
            async with httpx.AsyncClient() as client:
                asked = {"refresh_token": self._tokens["refresh_token"]}
                answer = await client.post(f"{self._api}/tokens/refresh", json=asked)
            if answer.status_code != OK:
                return None
            self._tokens.update(answer.json()["data"])
            self.renewed += 1
        return {"Authorization": f"Bearer {self._tokens['access_token']}"}

    def log_out(self) -> None:
        httpx.delete(f"{self._api}/auth/session", headers={"X-Session-Token": self._tokens["session_token"]})


@pytest.mark.hosts("allauth")
@in_time
async def test_two_chat_with_the_access_tokens_of_allauth_until_one_signs_out(host: Host, folder: Path) -> None:
    tokens, others = (AllauthTokens(host, name) for name in (host.kind.reader, host.kind.author))
    async with (
        PairchatClient(f"{host.url}/chat/", tokens) as reader,
        PairchatClient(f"{host.url}/chat/", others) as author,
    ):
        room = (await reader.open_room(author.user))["room"]
        for number in range(14):
            await reader.send(room, str(number))
            await asyncio.sleep(1)
        assert tokens.renewed >= 2
        assert await texts(author, 14) == [str(number) for number in range(14)]
        await asyncio.to_thread(tokens.log_out)
        # So long a socket acts on the last answer to whether it may.
        await asyncio.sleep(RECHECK_SECONDS)
        with pytest.raises(SignedOut):
            await reader.send(room, "after the end of the session")
