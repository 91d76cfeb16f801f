"""What people get through nginx or Caddy, and PgBouncer, as the guide configures them."""

from __future__ import annotations

import asyncio
import time
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.faults.client import CSRF_TOKEN, Twin, Unanswered, eventually
from tests.faults.ledger import Ledger
from tests.faults.machines import Pair, Person, Site, Workers, free_port
from tests.faults.traffic import Crowd

from .caddy import Caddy
from .nginx import Front, Nginx

TRAFFIC_PAUSE_SECONDS = 0.1
GAP_SECONDS = 5.0
"""What the guide promises for a rolling restart."""


def browser(nginx: Nginx, person: Person) -> httpx.Client:
    address = f"https://127.0.0.1:{nginx.tls}"
    return httpx.Client(
        base_url=address,
        cookies={"sessionid": person.session, "csrftoken": CSRF_TOKEN},
        headers={"X-CSRFToken": CSRF_TOKEN, "Referer": f"{address}/"},
        verify=False,
        timeout=20,
    )


def sent_file(there: httpx.Client, room: str, name: str, content: bytes) -> dict[str, Any]:
    uploaded = there.post("/chat/api/uploads/", data={"room": room}, files={"file": (name, content)})
    assert uploaded.status_code == 201, uploaded.text
    body = {"client_id": str(uuid.uuid4()), "content": "", "attachment": uploaded.json()["upload"]}
    answer = there.post(f"/chat/api/rooms/{room}/messages/", json=body)
    assert answer.status_code == 201, answer.text
    attachment: dict[str, Any] = answer.json()["message"]["attachment"]
    return attachment


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(content, "PNG")
    return content.getvalue()


def test_files_keep_every_header_that_keeps_a_browser_from_running_them(nginx: Nginx, site: Site) -> None:
    pair = site.new_pair()
    with browser(nginx, pair.people[0]) as there:
        for name, content in (("wallet.png", picture()), ("분실물 신고서.pdf", b"%PDF-1.4\n%%EOF\n")):
            sent = sent_file(there, pair.room, name, content)
            for url in filter(None, (sent["url"], sent["thumbnail"])):
                response = there.get(url)
                assert response.status_code == 200
                told = {name: response.headers.get_list(name) for name in response.headers}
                assert told["x-content-type-options"] == ["nosniff"]
                assert told["content-security-policy"] == ["default-src 'none'; sandbox"]
                assert told["x-frame-options"] == ["DENY"]
                assert told["referrer-policy"] == ["same-origin"]
                assert told["cross-origin-opener-policy"] == ["same-origin"]
                assert told["vary"] == ["Accept-Language, Cookie"]
                assert told["cache-control"] == ["private, no-cache"]
                assert told["accept-ranges"] == ["bytes"]


def test_a_part_of_a_file_comes_from_nginx_and_a_stranger_gets_nothing(nginx: Nginx, site: Site) -> None:
    pair, others = site.new_pair(), site.new_pair()
    with browser(nginx, pair.people[0]) as there, browser(nginx, others.people[0]) as stranger:
        url = sent_file(there, pair.room, "digits.txt", b"0123456789")["url"]
        part = there.get(url, headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.headers["content-range"], part.content) == (206, "bytes 2-4/10", b"234")
        assert stranger.get(url).status_code == 404
        inside = next(nginx.folder.rglob("*-info")).relative_to(nginx.folder / "chat-files")
        assert there.get(f"/protected/{inside}").status_code == 404
        for path in nginx.folder.joinpath("chat-files").rglob("*"):
            if path.is_file():
                path.unlink()
        missing = there.get(url)
        assert missing.status_code == 404
        assert missing.headers["cache-control"] == "private, no-cache"


async def served(port: int) -> asyncio.Server:
    """A process that has nothing to do but answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port)


async def test_processes_that_are_gone_for_a_moment_one_after_the_other_are_never_all_held_for_dead(
    tmp_path: Path,
) -> None:
    ports = [free_port() for _ in range(3)]
    servers = [await served(port) for port in ports]
    with Nginx(tmp_path, ports) as nginx:
        async with httpx.AsyncClient(base_url=nginx.front.url) as client:
            for number, port in enumerate(ports):
                servers[number].close()
                answers = [(await client.get("/")).status_code for _ in range(9)]
                servers[number] = await served(port)
                assert set(answers) == {200}
    for server in servers:
        server.close()


async def resetting(port: int) -> asyncio.Server:
    """A process that ends with a request that it has taken but not read."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    return await asyncio.start_server(reset, "127.0.0.1", port)


async def test_what_is_written_to_a_process_that_ends_reaches_another_below_the_urls_of_the_chat(
    tmp_path: Path,
) -> None:
    ports = [free_port() for _ in range(2)]
    servers = [await resetting(ports[0]), await served(ports[1])]
    with Nginx(tmp_path, ports) as nginx:
        async with httpx.AsyncClient(base_url=nginx.front.url) as client:
            chat = [(await client.post("/chat/api/rooms/1/messages/", json={})).status_code for _ in range(6)]
            other = [(await client.post("/orders/", json={})).status_code for _ in range(6)]
    assert set(chat) == {200}
    assert 502 in other, "an order is not repeated"
    for server in servers:
        server.close()


async def post_on(twin: Twin, front: Front, pair: Pair, stop: asyncio.Event, acknowledged: dict[str, float]) -> None:
    """Writes over HTTP, each message until it is answered, and notes how long its answer took."""
    while not stop.is_set():
        text, asked_at = f"post {uuid.uuid4()}", time.monotonic()
        fields = {"client_id": str(uuid.uuid4()), "content": text}
        for _attempt in range(20):
            try:
                if (await twin.send(front, pair.room, **fields))["type"] == "ok":  # type: ignore[arg-type] # has a url
                    acknowledged[text] = time.monotonic() - asked_at
                    break
            except Unanswered:
                pass
            await asyncio.sleep(0.2)
        await asyncio.sleep(TRAFFIC_PAUSE_SECONDS)


async def restart_one_after_the_other(workers: Workers) -> None:
    for worker in workers:
        worker.terminate()
        await asyncio.to_thread(worker.await_end)
        await asyncio.to_thread(worker.start)


async def longest_gap(crowd: Crowd, doing: asyncio.Task[None]) -> float:
    """For how many seconds at most a page was not connected while this was done."""
    longest, away_since = 0.0, dict[int, float]()
    while not doing.done():
        now = time.monotonic()
        for number, page in enumerate(crowd.pages):
            if page.ready.is_set():
                away_since.pop(number, None)
            else:
                longest = max(longest, now - away_since.setdefault(number, now))
        await asyncio.sleep(0.02)
    await doing
    return longest


async def test_a_rolling_restart_shows_nobody_a_502_and_loses_nothing(
    proxy: Nginx | Caddy, site: Site, workers: Workers
) -> None:
    ledger, stop, acknowledged = Ledger(), asyncio.Event(), dict[str, float]()
    pairs = [site.new_pair() for _ in range(3)]
    posters = [site.new_pair() for _ in range(3)]
    async with Crowd(ledger, pairs, [proxy.front]) as crowd:  # type: ignore[list-item] # it has what a page asks of one
        twins = [Twin(pair.people[0]) for pair in posters]
        posting = [
            asyncio.create_task(post_on(twin, proxy.front, pair, stop, acknowledged))
            for twin, pair in zip(twins, posters, strict=True)
        ]
        crowd.talk()
        gap = await longest_gap(crowd, asyncio.create_task(restart_one_after_the_other(workers)))
        stop.set()
        await asyncio.gather(*posting)
        for twin in twins:
            await twin.__aexit__()
        await crowd.ends_well(site.database)
    stored = {row[0] for row in site.database.rows("SELECT content FROM pairchat_message WHERE content LIKE 'post %%'")}
    print("longest gap of a page, in seconds:", round(gap, 2))
    print("longest answer over HTTP, in seconds:", round(max(acknowledged.values()), 2))
    assert proxy.broken_promises() == []
    assert set(acknowledged) <= stored
    assert gap <= GAP_SECONDS


async def fetch_on(nginx: Nginx, person: Person, url: str, content: bytes, stop: asyncio.Event) -> set[int]:
    """Reads a file again and again, as a browser does: once more where a kept connection turns out to be closed."""
    seen = set()
    async with httpx.AsyncClient(
        base_url=nginx.front.url, cookies={"sessionid": person.session}, transport=httpx.AsyncHTTPTransport(retries=1)
    ) as client:
        while not stop.is_set():
            try:
                response = await client.get(url)
            except httpx.RemoteProtocolError:
                response = await client.get(url)
            seen.add(response.status_code)
            assert response.content == content
            await asyncio.sleep(TRAFFIC_PAUSE_SECONDS / 5)
    return seen


@pytest.mark.parametrize("old_processes_end", [False, True], ids=["sockets stay", "sockets are cut"])
async def test_a_reload_of_nginx_loses_nothing(
    nginx: Nginx, site: Site, workers: Workers, old_processes_end: bool
) -> None:
    workers.make_ready()
    if old_processes_end:
        nginx.let_old_processes_end_after(1)
        nginx.reload()
    ledger, stop, acknowledged = Ledger(), asyncio.Event(), dict[str, float]()
    pairs, posters = [site.new_pair() for _ in range(2)], site.new_pair()
    content = picture()
    with browser(nginx, posters.people[0]) as there:
        url = sent_file(there, posters.room, "wallet.png", content)["url"]
        content = there.get(url).content

    async def reload() -> None:
        before = nginx.processes()
        await asyncio.to_thread(nginx.reload)
        if old_processes_end:
            await eventually(lambda: not before & nginx.processes(), "old processes of nginx end")
            await eventually(lambda: all(page.ready.is_set() for page in crowd.pages), "all pages are connected")
        else:
            written = len(ledger.entries)
            await eventually(lambda: len(ledger.entries) > written + 50, "people go on writing")
            assert before & nginx.processes(), "the old process keeps its sockets"

    async with Crowd(ledger, pairs, [nginx.front]) as crowd, Twin(posters.people[0]) as twin:  # type: ignore[list-item] # it has what a page asks of one
        crowd.talk()
        posting = asyncio.create_task(post_on(twin, nginx.front, posters, stop, acknowledged))
        fetching = asyncio.create_task(fetch_on(nginx, posters.people[0], url, content, stop))
        await eventually(lambda: len(ledger.entries) > 20, "people write")
        gap = await longest_gap(crowd, asyncio.create_task(reload()))
        endings = [ending.code for page in crowd.pages for ending in page.endings]
        stop.set()
        await posting
        statuses = await fetching
        await crowd.ends_well(site.database)
    stored = [row[0] for row in site.database.rows("SELECT content FROM pairchat_message WHERE content LIKE 'post %%'")]
    print("longest gap of a page, in seconds:", round(gap, 2), "sockets that ended:", endings)
    assert nginx.broken_promises() == []
    assert statuses == {200}
    assert len(stored) == len(set(stored))
    assert acknowledged
    assert set(acknowledged) <= set(stored)
    if old_processes_end:
        assert len(endings) == len(crowd.pages)
        assert gap <= GAP_SECONDS
    else:
        assert endings == []
