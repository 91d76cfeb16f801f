"""Two sites on one Redis, with the same database number and people with the same keys: nothing crosses."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from .client import CSRF_TOKEN, Frame, Socket, Twin, eventually
from .machines import Pair, Person, Site, Workers

BURST = 3
LIMITS = {
    "PAIRCHAT_SEND_BURST": str(BURST),
    "PAIRCHAT_SENDS_PER_MINUTE": "1",
    "PAIRCHAT_SOCKETS_PER_USER": "2",
    # On a busy machine the first connection to the cache takes longer than the quarter of a second after which a
    # process counts for itself.
    "FAULTS_NODE_OPTIONS": json.dumps({"rate_cache_seconds": 10}),
}
WATCHED_SECONDS = 1.5
SECRET = "the secret of both " * 4


@dataclass
class Party:
    """Two people of one site, on two workers, and what their pages were told."""

    workers: Workers
    pair: Pair
    told: list[list[Frame]] = field(default_factory=lambda: [[], []])
    sockets: list[Socket] = field(default_factory=list)

    @property
    def room(self) -> str:
        return self.pair.room

    async def come(self) -> None:
        for worker, person, told in zip(self.workers, self.pair.people, self.told, strict=True):
            self.sockets.append(await Socket.open(worker, person, told.append))
            assert (await self.sockets[-1].request("focus", room=self.room, active=True))["type"] == "ok"

    async def leave(self) -> None:
        for socket in self.sockets:
            await socket.close()

    async def send(self, text: str, number: int = 0) -> Frame:
        return await self.sockets[number].request("send", room=self.room, client_id=str(uuid.uuid4()), content=text)

    def has_heard(self, kind: str, number: int = 1) -> Callable[[], bool]:
        return lambda: any(event["kind"] == kind for event in self.told[number])


# By what two sites differ, and the layer over which they might hear each other.
CASES = {
    "pubsub": ("pubsub", "secret"),
    "core": ("core", "secret"),
    "strict with one secret": ("strict", "namespace"),
}


@pytest.fixture(params=CASES)
def parties(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Party]]:
    """One on each of two sites."""
    layer, difference = CASES[request.param]
    # Of each case its own: what one has spent of the rates is in the same Redis when the next begins.
    shared_secret = f"{SECRET} {request.param}"
    with ExitStack() as stack:
        parties = []
        for name in ("one", "two"):
            secret = shared_secret if difference == "namespace" else f"{shared_secret} {name}"
            folder = tmp_path_factory.mktemp(name)
            neighbour = stack.enter_context(Site(folder, name=name, secret_key=secret))
            pair = neighbour.populate(1)[0]
            given = {"FAULTS_NAMESPACE": name} if difference == "namespace" else {}
            workers = stack.enter_context(
                neighbour.workers(2, REDIS_URL=site.redis.url, FAULTS_LAYER=layer, **LIMITS, **given)
            )
            parties.append(Party(workers, pair))
        assert parties[0].pair.people[0].user == parties[1].pair.people[0].user
        assert parties[0].room == parties[1].room
        yield parties


async def sign_out(party: Party, person: Person) -> None:
    async with Twin(person) as twin:
        data = {"csrfmiddlewaretoken": CSRF_TOKEN}
        assert (await twin.call(party.workers[1], "POST", "/accounts/logout/", data=data)).status_code == 302


async def test_nothing_crosses_between_two_sites_on_one_redis(parties: list[Party]) -> None:
    ours, theirs = parties
    for party in parties:
        await party.come()
    await asyncio.sleep(WATCHED_SECONDS)
    for told in theirs.told:
        told.clear()

    # Messages, what somebody does, and presence.
    sent = [await ours.send(f"message {number}") for number in range(BURST)]
    assert [answer for answer in sent if answer["type"] != "ok"] == []
    # Which has no answer.
    await ours.sockets[0].connection.send(json.dumps({"type": "typing", "id": 0, "room": ours.room, "on": True}))
    await ours.sockets[0].request("focus", room=ours.room, active=False)
    for kind in ("message", "room", "typing", "presence"):
        await eventually(ours.has_heard(kind), f"the peer hears of it: {kind}", 10)
    # One socket too many of one person, and the end of a session of another.
    more = [await Socket.open(ours.workers[1], ours.pair.people[0]) for _ in range(2)]
    await eventually(lambda: ours.sockets[0].close_code == 4409, "the oldest goes", 10)
    await sign_out(ours, ours.pair.people[1])
    await eventually(lambda: ours.sockets[1].close_code == 4401, "the session is over", 10)
    await asyncio.sleep(WATCHED_SECONDS)

    assert theirs.told == [[], []]
    assert [socket.close_code for socket in theirs.sockets] == [None, None]
    # A person without tokens there has all of them here.
    assert (await more[1].request("send", room=ours.room, client_id=str(uuid.uuid4()), content="one more"))[
        "code"
    ] == "rate_limited"
    assert [(await theirs.send(f"message {number}"))["type"] for number in range(BURST)] == ["ok"] * BURST
    await eventually(theirs.has_heard("message"), "they hear their own", 10)
    for socket in more:
        await socket.close()
    for party in parties:
        await party.leave()
        assert party.workers.complaints() == []
