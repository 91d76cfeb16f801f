"""``manage.py pairchat_fetch_previews``: fetch the previews of pages that people link to."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from ...services import PreviewsResult, fetch_previews

logger = logging.getLogger("django_pairchat")

PAUSE_SECONDS: Final = 2


class Command(BaseCommand):
    help = "Fetches the previews of pages that people link to. Run it every minute, or with --forever."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--forever",
            action="store_true",
            help="Repeat it until SIGTERM or Ctrl+C, which end it after the page that is being fetched.",
        )
        parser.add_argument(
            "--pause", type=float, default=PAUSE_SECONDS, help="Seconds between two looks with --forever."
        )

    def handle(self, *args: Any, forever: bool, pause: float, **options: Any) -> None:
        stopping = threading.Event()
        if not forever:
            self._report(fetch_previews())
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.is_set():
            close_old_connections()
            try:
                result = fetch_previews(stopping=stopping.is_set)
            except Exception:
                logger.exception("Fetching previews failed. It is tried again.")
            else:
                if result.total:
                    self._report(result)
            stopping.wait(pause)

    def _report(self, result: PreviewsResult) -> None:
        self.stdout.write(f"{result.shown} shown, {result.without} without a preview, {result.failed} to try again.")
