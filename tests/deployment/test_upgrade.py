"""A rolling upgrade, as the guide describes it, from an earlier build to this one, with people writing meanwhile."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.client import Twin
from tests.faults.ledger import Ledger
from tests.faults.machines import ROOT, Site, Workers
from tests.faults.traffic import Crowd

from .nginx import Nginx
from .pgbouncer import PgBouncer
from .test_servers import GAP_SECONDS, longest_gap, post_on, restart_one_after_the_other

# Until there is a release, the build from which people are told that they can upgrade without a pause.
PREVIOUS = os.environ.get("PAIRCHAT_PREVIOUS", "44289c2ce9c3a0afc9f9dd0cf77990218155adb8")


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of the earlier build."""
    folder = tmp_path_factory.mktemp("previous")
    archived = subprocess.run(["git", "archive", PREVIOUS], cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        reason = f"this checkout has no commit {PREVIOUS}: {archived.stderr.decode()}"
        if os.environ.get("PAIRCHAT_REQUIRE") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    subprocess.run(["tar", "-x", "-C", folder], input=archived.stdout, check=True)
    return folder


@pytest.fixture(scope="module")
def old_site(programs: None, previous: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("upgrade"), name="upgrade", checkout=previous) as site:
        yield site


@pytest.fixture(scope="module")
def upgraded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nginx-upgrade")
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def old_workers(old_site: Site, upgraded_folder: Path) -> Iterator[Workers]:
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.deployment.settings",
        "CHAT_FILES": str(upgraded_folder / "chat-files"),
    }
    with (
        PgBouncer(upgraded_folder, old_site.database.proxied_url) as pool,
        old_site.workers(3, DATABASE_URL=pool.url, **settings) as workers,
    ):
        yield workers


async def test_a_rolling_upgrade_shows_nobody_a_502_and_loses_nothing(
    old_site: Site, old_workers: Workers, upgraded_folder: Path
) -> None:
    ledger, stop, acknowledged = Ledger(), asyncio.Event(), dict[str, float]()
    pairs = [old_site.new_pair() for _ in range(3)]
    posters = [old_site.new_pair() for _ in range(3)]

    strangers = [old_site.new_pair().people[0] for _ in range(2)]
    opened: list[Any] = []

    async def upgrade() -> None:
        old_site.upgrade(old_workers, ROOT)
        await asyncio.to_thread(old_site.command, "migrate", "--verbosity", "0")
        # The old processes go on with the new tables: with a new room and the first message there, too.
        async with Twin(strangers[0]) as twin:
            asked = {"user": strangers[1].user}
            opened.append(await twin.call(old_workers[0], "POST", "/chat/api/rooms/", json=asked))
            sent = {"client_id": str(uuid.uuid4()), "content": "to a stranger"}
            opened.append(await twin.send(old_workers[0], opened[0].json()["room"]["room"], **sent))
        await restart_one_after_the_other(old_workers)

    with Nginx(upgraded_folder, [worker.port for worker in old_workers]) as nginx:
        async with Crowd(ledger, pairs, [nginx.front]) as crowd:  # type: ignore[list-item] # it has what a page asks of one
            twins = [Twin(pair.people[0]) for pair in posters]
            posting = [
                asyncio.create_task(post_on(twin, nginx.front, pair, stop, acknowledged))
                for twin, pair in zip(twins, posters, strict=True)
            ]
            crowd.talk()
            begun = time.monotonic()
            gap = await longest_gap(crowd, asyncio.create_task(upgrade()))
            lasted = time.monotonic() - begun
            stop.set()
            await asyncio.gather(*posting)
            for twin in twins:
                await twin.__aexit__()
            await crowd.ends_well(old_site.database)
    rows = old_site.database.rows("SELECT content FROM pairchat_message WHERE content LIKE 'post %%'")
    stored = [row[0] for row in rows]
    print(f"the upgrade took {lasted:.1f} s, the longest gap of a page was {gap:.2f} s, {len(stored)} posts")
    assert opened[0].status_code == 201
    assert opened[1]["type"] == "ok"
    assert nginx.broken_promises() == []
    assert len(stored) == len(set(stored))
    assert acknowledged
    assert set(acknowledged) <= set(stored)
    assert gap <= GAP_SECONDS
    assert [error for error in old_workers.complaints() if "django_pairchat" in error] == []
