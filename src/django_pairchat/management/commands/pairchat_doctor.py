"""``manage.py pairchat_doctor``: what the chat found in this project, what is wrong with it, and what to do."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.checks import ERROR, INFO, CheckMessage, run_checks
from django.core.management.base import BaseCommand, CommandError

from ...checks import TAG
from ..doctor import findings
from ..outcome import Outcome
from ..socket_trial import try_socket


class Command(BaseCommand):
    help = (
        "Print what the chat found of the server, the channel layer, the cache, the database, the storage, the origin, "
        "the base template and the login page, and what to do. The exit status is 1 if something is wrong."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url", help="Also open a socket to the site that runs at this address, https://example.com/."
        )
        parser.add_argument(
            "--user", help="Open that socket with a session of the user with this key, which is deleted afterwards."
        )

    def handle(self, *args: Any, url: str | None, user: str | None, **options: Any) -> None:
        if user is not None and url is None:
            raise CommandError("--user needs --url: the address of the running site.")
        wrong = [self._tell(subject, outcome) for subject, outcome in findings()]
        messages = run_checks(tags=[TAG], include_deployment_checks=True)
        wrong += [self._tell_check(message) for message in messages]
        if url is not None:
            wrong.append(self._tell("socket", try_socket(url, user)))
        if any(wrong):
            raise CommandError("Something is wrong: see above.")
        self.stdout.write(self.style.SUCCESS("All is well."))

    def _tell(self, subject: str, outcome: Outcome) -> bool:
        """Print what was found of a subject, and return whether it does not work."""
        line = f"{subject:<14} {outcome.told}"
        self.stdout.write(line if outcome.works else self.style.ERROR(line))
        return not outcome.works

    def _tell_check(self, message: CheckMessage) -> bool:
        """Print what a check has to say, and return whether something is wrong, not only worth knowing."""
        style = self.style.ERROR if message.level >= ERROR else self.style.WARNING
        self.stdout.write(style(f"{message.id}: {message.msg}"))
        if message.hint:
            self.stdout.write("  " + str(message.hint).replace("\n", "\n  "))
        return message.level > INFO and not message.is_silenced() and message.id not in FINE_WITH_ONE_PROCESS


FINE_WITH_ONE_PROCESS = frozenset({"pairchat.W010", "pairchat.W011"})
