"""Counts refusals in memory, and adds them to the table once a minute and at the end of the process."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import Counter
from datetime import date
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from ..core.access import database
from ..core.transactions import retry_on_conflict
from ..exceptions import HTTP_STATUS
from ..realtime.signal_dispatch import signal_dispatcher
from ..tenancy import activated, current_tenant
from ..utils.db_connections import database_connections
from ..utils.instruments import Instrument
from .models import RefusalCount

logger = logging.getLogger("django_pairchat")

STORE_SECONDS: Final = 60.0
OTHER: Final = "other"

Place = tuple[str, date, str, str]
"""The tenant, the day, the code, and the name of the database."""


class RefusalCounter(Instrument):
    """Counts of this process that are not in the table yet. What a killed process had counted last is lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Place] = Counter()
        self._stored_at = time.monotonic()

    def refused(self, code: str) -> None:
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        place = (current_tenant(), today, known(code), _database_name())
        with self._lock:
            self._counts[place] += 1
        self._store_when_due()

    def swept(self, sweep: str, seconds: float) -> None:
        # A process with sockets sweeps often: then the last refusals do not wait for the next one.
        self._store_when_due()

    def _store_when_due(self) -> None:
        now = time.monotonic()
        with self._lock:
            is_due = bool(self._counts) and now - self._stored_at >= STORE_SECONDS
            if is_due:
                self._stored_at = now
        if is_due:
            signal_dispatcher().call([self.store])

    def store(self) -> None:
        """Add the counts to the table. If the database is away, they are kept for the next time.

        What was counted with another database is forgotten: that of a test run is gone when its process ends.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for place, count in counts.items():
            tenant, day, code, name = place
            try:
                with activated(tenant):
                    if name == _database_name():
                        _add(day, code, count)
            except Exception:
                logger.exception("Refusals could not be counted in the database. The next minute tries again.")
                with self._lock:
                    self._counts[place] += count


def known(code: str) -> str:
    """Return the code, or ``other`` for one of a host's own: what comes in must not make rows."""
    return code if code in HTTP_STATUS else OTHER


@retry_on_conflict
def _add(day: date, code: str, count: int) -> None:
    rows = RefusalCount.objects.using(database())
    # Each is a transaction of its own, so that the second sees the row of a process that was faster with the first.
    rows.bulk_create([RefusalCount(day=day, code=code)], ignore_conflicts=True)
    rows.filter(day=day, code=code).update(count=F("count") + count)


def _database_name() -> str:
    return str(settings.DATABASES[database()].get("NAME"))


def store_at_exit() -> None:
    """Store what is counted when the process ends."""
    atexit.register(_store_last)


def _store_last() -> None:
    if refusal_counter._counts:
        with database_connections():
            refusal_counter.store()


refusal_counter: Final = RefusalCounter()
