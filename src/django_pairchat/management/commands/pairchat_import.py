"""``manage.py pairchat_import``: take over the messages of another chat."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import BaseCommand, CommandError

from ...exceptions import Conflict
from ...services import add_past_messages
from ..past_chats import PRIVATE_CHAT, PastChats, private_chats, tutorial_chats

Pair = tuple[Any, Any]
BY_KEY = "pk"


class Command(BaseCommand):
    help = (
        f"Takes over the messages of another chat: {PRIVATE_CHAT}, or the model of a tutorial, such as "
        "chatapp.ChatMessage. Nothing is removed there. It can be repeated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help=f"{PRIVATE_CHAT}, or a message model as app_label.Model")
        parser.add_argument("--room", metavar="FIELD", help="the message's foreign key to its room, if several fit")
        parser.add_argument("--database", default="default", help="the alias of the database with the old tables")
        parser.add_argument(
            "--people-by",
            metavar="FIELD",
            help="needed with --database: the unique field, such as username, by which the people of that database "
            "are found here, or pk if a key means the same person in both",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count what there is")

    def handle(
        self,
        *args: Any,
        source: str,
        room: str | None,
        database: str,
        people_by: str | None,
        dry_run: bool,
        **options: Any,
    ) -> None:
        by = _checked(people_by, database)
        chats = private_chats(database) if source == PRIVATE_CHAT else tutorial_chats(database, source, room)
        unusable = chats.unusable()
        for key in unusable:
            self.stderr.write(f"message {key}: it has no time, or its sender is not one of two people: left out")
        conversations = messages = refused = 0
        for pair in chats.pairs():
            if pair[0] == pair[1]:
                self.stderr.write(f"user {pair[0]} with themselves: a chat has two people, so this one stays behind")
                continue
            found = chats.count(pair) if dry_run else self._add(chats, pair, _people(pair, database, by))
            if found is None:
                refused += 1
                continue
            conversations, messages = conversations + 1, messages + found
            if options["verbosity"] > 1:
                self.stdout.write(f"users {pair[0]} and {pair[1]}: {found}")
        done = "there are" if dry_run else "added"
        self.stdout.write(f"{done}: {messages} message(s) of {conversations} pair(s) of people")
        if refused or unusable:
            raise CommandError(f"Left out, see above: {refused} pair(s) of people, {len(unusable)} single message(s).")

    def _add(self, chats: PastChats, pair: Pair, people: dict[Any, Any]) -> int | None:
        """Return how many messages were added, ``None`` if the pair is left as it is."""
        named = f"users {pair[0]} and {pair[1]}"
        if len(people) < 2:
            self.stderr.write(f"{named}: not both are here, left out")
            return None
        try:
            result = add_past_messages(people[pair[0]], people[pair[1]], chats.between(pair, people))
        except Conflict:
            self.stderr.write(f"{named}: they have written in the new chat since, left as it is")
            return None
        for past, error in result.left_out:
            what = f"the file {past.file.name}" if past.file is not None else "a text"
            self.stderr.write(f"{named}, {past.sent_at:%Y-%m-%d %H:%M}: {what}: {error.code}")
        return result.added


def _checked(people_by: str | None, database: str) -> str:
    """Return the field by which people are found here. Raises ``CommandError`` if that is left open."""
    if people_by is None and database != "default":
        raise CommandError(
            f"How are the people of {database!r} found here? Add --people-by username (or another unique field), or "
            f"--people-by {BY_KEY} if a key means the same person in both. Nothing was added."
        )
    if people_by is None or people_by == BY_KEY:
        return BY_KEY
    try:
        is_unique = getattr(get_user_model()._meta.get_field(people_by), "unique", False)
    except FieldDoesNotExist:
        is_unique = False
    if not is_unique:
        raise CommandError(f"{people_by} is no unique field of the user model. Nothing was added.")
    return people_by


def _people(pair: Pair, database: str, by: str) -> dict[Any, Any]:
    """Return the users who are here, by their keys there."""
    users: Any = get_user_model()._base_manager
    if by == BY_KEY:
        return dict(users.in_bulk(pair))
    there = {getattr(user, by): key for key, user in users.using(database).in_bulk(pair).items()}
    # A database that ignores case finds more than was asked for.
    here = users.in_bulk(list(there), field_name=by)
    return {there[value]: user for value, user in here.items() if value in there}
