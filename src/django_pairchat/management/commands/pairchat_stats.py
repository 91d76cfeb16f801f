"""``manage.py pairchat_stats``: say how much the chat is used."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ..figures import Figure, figures


class Command(BaseCommand):
    help = "Says how many chats and messages there are, and how much is written. No query grows with the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="as one JSON object, for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(figures())
        if options["json"]:
            self.stdout.write(json.dumps({figure.name: _value(figure) for figure in found}, indent=1))
            return
        width = max(len(figure.text) for figure in found)
        for figure in found:
            self.stdout.write(f"{figure.text:<{width}}  {figure.found or 'not known'}")


def _value(figure: Figure) -> dict[str, Any] | None:
    if figure.found is None:
        return None
    return {"count": figure.found.number, "is_least": figure.found.is_least}
