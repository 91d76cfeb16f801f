"""``manage.py pairchat_notify``: tell people who are away about messages that they have not read."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.timezone import is_aware, localtime
from django.utils.translation import ngettext

from ...candidates import waiting
from ...notifiers import get_notifiers
from ...services import SweepResult, sweep

logger = logging.getLogger("django_pairchat")

PAUSE_SECONDS: Final = 30


class Command(BaseCommand):
    help = "Tells people who are away about messages that they have not read. Run it every minute, or with --forever."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--forever",
            action="store_true",
            help="Repeat it until SIGTERM or Ctrl+C, which end it after the person who is being told.",
        )
        parser.add_argument(
            "--pause", type=float, default=PAUSE_SECONDS, help="Seconds between two sweeps with --forever."
        )

    def handle(self, *args: Any, forever: bool, pause: float, **options: Any) -> None:
        stopping = threading.Event()
        if not forever:
            self._report(sweep())
            if options["verbosity"] > 1:
                self._tell_who_waits()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.is_set():
            self._sweep_safely(stopping)
            stopping.wait(pause)

    def _sweep_safely(self, stopping: threading.Event) -> None:
        """Sweep once. A failure, such as a database that is away, is logged, and the next sweep continues."""
        close_old_connections()
        try:
            result = sweep(stopping=stopping.is_set)
        except Exception:
            logger.exception("A sweep of the notifications failed. The next one continues.")
        else:
            if result.total:
                self._report(result)

    def _tell_who_waits(self) -> None:
        for notifier in get_notifiers():
            people, first = waiting(notifier)
            told = f"{notifier.channel}: {people} waiting"
            if first:
                local = localtime(first) if is_aware(first) else first
                told += f", the first until {local.isoformat(' ', 'seconds')}"
            self.stdout.write(told)

    def _report(self, result: SweepResult) -> None:
        self.stdout.write(ngettext("%d person told.", "%d people told.", result.told) % result.told)
        if result.refused or result.failed:
            self.stderr.write(f"{result.refused} cannot be told; {result.failed} will be tried again: see the log.")
