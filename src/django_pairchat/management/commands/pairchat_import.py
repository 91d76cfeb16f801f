"""``manage.py pairchat_import``: take over the messages of another chat."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from ...exceptions import Conflict
from ...services import add_past_messages
from ..past_chats import PRIVATE_CHAT, PastChats, private_chats, tutorial_chats


class Command(BaseCommand):
    help = (
        f"Takes over the messages of another chat: {PRIVATE_CHAT}, or the model of a tutorial, such as "
        "chatapp.ChatMessage. Nothing is removed there. It can be repeated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help=f"{PRIVATE_CHAT}, or a message model as app_label.Model")
        parser.add_argument("--database", default="default", help="the alias of the database with the old tables")
        parser.add_argument("--dry-run", action="store_true", help="only count what there is")

    def handle(self, *args: Any, source: str, database: str, dry_run: bool, **options: Any) -> None:
        chats = private_chats(database) if source == PRIVATE_CHAT else tutorial_chats(database, source)
        conversations = messages = refused = 0
        for pair in chats.pairs():
            if pair[0] == pair[1]:
                self.stderr.write(f"user {pair[0]} with themselves: a chat has two people, so this one stays behind")
                continue
            try:
                added = chats.count(pair) if dry_run else self._add(chats, pair)
            except Conflict:
                refused += 1
                self.stderr.write(
                    f"users {pair[0]} and {pair[1]}: they have written in the new chat since, left as it is"
                )
                continue
            conversations, messages = conversations + 1, messages + added
            if options["verbosity"] > 1:
                self.stdout.write(f"users {pair[0]} and {pair[1]}: {added}")
        done = "there are" if dry_run else "added"
        self.stdout.write(f"{done}: {messages} message(s) of {conversations} pair(s) of people")
        if refused:
            raise CommandError(f"{refused} pair(s) were left as they are, see above.")

    def _add(self, chats: PastChats, pair: tuple[Any, Any]) -> int:
        people = get_user_model()._base_manager.in_bulk(pair)
        result = add_past_messages(people[pair[0]], people[pair[1]], chats.between(pair))
        for past, error in result.left_out:
            what = f"the file {past.file.name}" if past.file is not None else "a text"
            self.stderr.write(f"users {pair[0]} and {pair[1]}, {past.sent_at:%Y-%m-%d %H:%M}: {what}: {error.code}")
        return result.added
