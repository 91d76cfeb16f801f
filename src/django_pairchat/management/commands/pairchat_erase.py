"""``manage.py pairchat_erase``: turn all that one person wrote into tombstones."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand

from ...services import erase_messages
from ..people import confirm, user_with_key

PROGRESS: Final = 1000
WARNING: Final = """\
Everything that {person} (key {key}) wrote in the chat is removed for both people, with its files and reactions.
This cannot be undone. The account stays; delete it afterwards if it is to go.
"""


class Command(BaseCommand):
    help = "Turns all messages of one person into tombstones, for both people, and removes the person's reactions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the person's primary key")
        parser.add_argument(
            "--no-input", "--noinput", action="store_false", dest="interactive", help="Do not ask for confirmation."
        )

    def handle(self, *args: Any, user: str, interactive: bool, **options: Any) -> None:
        person = user_with_key(user)
        if interactive:
            self.stdout.write(WARNING.format(person=person, key=user))
            confirm()
        done = 0
        for done in erase_messages(person):
            if done % PROGRESS == 0:
                self.stdout.write(f"{done} …")
        self.stdout.write(self.style.SUCCESS(f"{done} message(s) and reaction(s) of {person} were removed."))
