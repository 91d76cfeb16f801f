"""Presence is a lease: a worker that dies takes nobody's presence into eternity."""

from __future__ import annotations

import asyncio
import json

from .client import Frame, Socket, eventually
from .machines import Pair, Site

LEASE_SECONDS = 4.0
SWEEP_SECONDS = 1.0


async def test_somebody_whose_worker_was_killed_is_shown_as_gone_when_the_lease_ends(site: Site, pair: Pair) -> None:
    """Within 60 s; the workers of this test look more often and have shorter leases."""
    events: list[Frame] = []

    def shown_online() -> bool | None:
        presences = [event["online"] for event in events if event["kind"] == "presence"]
        return presences[-1] if presences else None

    with site.workers(
        2, FAULTS_NODE_OPTIONS=json.dumps({"sweep_seconds": SWEEP_SECONDS}), FAULTS_LEASE_SECONDS=str(LEASE_SECONDS)
    ) as workers:
        theirs = await Socket.open(workers[0], pair.people[0])
        async with await Socket.open(workers[1], pair.people[1], events.append) as mine:
            await theirs.request("focus", room=pair.room, active=True)
            await mine.request("focus", room=pair.room, active=True)
            await eventually(shown_online, "the peer is shown as online", 10)
            await asyncio.sleep(2 * SWEEP_SECONDS)
            assert shown_online()
            workers[0].kill()
            await theirs.listening
            await eventually(lambda: shown_online() is False, "the peer is shown as gone", LEASE_SECONDS + 10)
