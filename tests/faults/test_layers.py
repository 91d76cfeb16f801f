"""Two workers with a channel layer that is not there, loses things, or never works: pages converge all the same."""

from __future__ import annotations

import pytest

from .ledger import Ledger
from .machines import Site
from .test_processes import acknowledged
from .traffic import Crowd

FAILURE = "The channel layer failed"


# "lossy" drops 30 %, doubles 10 %, and delays 30 % by 500 ms, so that later ones overtake them.
@pytest.mark.parametrize("layer", ["none", "memory", "lossy", "raising", "strict", "core"])
async def test_two_workers_converge_over_the_channel_layer(site: Site, layer: str) -> None:
    with site.workers(2, FAULTS_LAYER=layer) as workers:
        ledger = Ledger()
        async with Crowd(ledger, [site.new_pair() for _ in range(3)], workers) as crowd:
            crowd.talk()
            await acknowledged(ledger, 100)
            await crowd.ends_well(site.database)
        assert workers.complaints() == []
        # Once a minute, however often it fails.
        assert [worker.said().count(FAILURE) for worker in workers] == ([1, 1] if layer == "raising" else [0, 0])
