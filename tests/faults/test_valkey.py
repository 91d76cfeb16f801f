"""Valkey in the place of Redis: two workers tell each other of messages over it, also after it was away."""

from __future__ import annotations

from pathlib import Path

import pytest

from .client import eventually
from .ledger import Ledger, views_become_right
from .machines import Pair, Redis, Site
from .test_redis import arrived_as_event, pages_that_never_ask, relayed


@pytest.mark.parametrize("layer", ["pubsub", "core"])
async def test_two_workers_relay_over_valkey(
    site: Site, pair: Pair, tmp_path: Path, valkey_server: str, layer: str
) -> None:
    ledger = Ledger()
    with Redis(tmp_path, valkey_server) as valkey:
        assert b"server_name:valkey" in valkey.describe() or b"valkey_version" in valkey.describe()
        with site.workers(2, REDIS_URL=valkey.url, FAULTS_LAYER=layer) as workers:
            async with pages_that_never_ask(pair, workers) as (sender, receiver):
                for _ in range(3):
                    await relayed(ledger, sender, receiver)
                valkey.kill()
                valkey.start()
                for _ in range(3):
                    await relayed(ledger, sender, receiver)
                await eventually(lambda: arrived_as_event(receiver, ledger.entries[-1].content), "events, not answers")
                await views_become_right(site.database, [pair.room], [sender, receiver])
