"""Sockets, and the threads behind them, which have database connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.core.cache import cache

from django_pairchat.testing import stop_live_threads
from tests.support.sockets import Sockets


@pytest.fixture
async def sockets(transactional_db: None, people: Any) -> AsyncIterator[Sockets]:
    cache.clear()
    opened = Sockets()
    yield opened
    await opened.disconnect()
    await asyncio.to_thread(stop_live_threads)
