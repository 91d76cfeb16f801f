"""``manage.py pairchat_erase``: turn all that one person wrote into tombstones."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand

from ... import services
from ...core.access import all_rooms
from ..people import confirm, user_with_key

PROGRESS: Final = 1000
WARNING: Final = """\
Everything that {person} (key {key}) wrote in the chat is removed for both people, with its files and reactions.
This cannot be undone. The account stays; delete it afterwards if it is to go.
"""
ANONYMISE_WARNING: Final = """\
{person} (key {key}) leaves all chats. The other people keep what was written, without a name.
This cannot be undone. The account stays; delete it afterwards if it is to go.
"""


class Command(BaseCommand):
    help = "Turns all messages of one person into tombstones, for both people, and removes the person's reactions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the person's primary key")
        parser.add_argument(
            "--no-input", "--noinput", action="store_false", dest="interactive", help="Do not ask for confirmation."
        )
        parser.add_argument(
            "--anonymise", action="store_true", help="let the person leave all chats instead, and keep the messages"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how much would be done")

    def handle(self, *args: Any, user: str, interactive: bool, anonymise: bool, dry_run: bool, **options: Any) -> None:
        person = user_with_key(user)
        if interactive and not dry_run:
            self.stdout.write((ANONYMISE_WARNING if anonymise else WARNING).format(person=person, key=user))
            confirm()
        held = all_rooms().for_user(person).filter(legal_hold=True).count()
        done = 0
        for done in (services.anonymise if anonymise else services.erase_messages)(person, dry_run=dry_run):
            if done % PROGRESS == 0:
                self.stdout.write(f"{done} …")
        self.stdout.write(self.style.SUCCESS(_result(done, person, anonymise=anonymise, dry_run=dry_run)))
        if held:
            self.stdout.write(self.style.WARNING(f"{held} chat(s) on legal hold are left as they are."))


def _result(done: int, person: Any, *, anonymise: bool, dry_run: bool) -> str:
    if anonymise:
        return f"{person} {'would leave' if dry_run else 'has left'} {done} chat(s)."
    return f"{done} message(s) and reaction(s) of {person} {'would be' if dry_run else 'were'} removed."
