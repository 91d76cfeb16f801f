"""Sends the statements of reasons that wait."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ...services import deliver_statements


class Command(BaseCommand):
    help = "Tell people what moderators have decided about their reports or their messages."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{deliver_statements()} statements sent.")
