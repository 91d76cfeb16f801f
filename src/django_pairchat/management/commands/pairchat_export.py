"""``manage.py pairchat_export``: write all that one person sees in the chat into a ZIP file."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

from django.core.management.base import BaseCommand, CommandError

from ...services import export_person
from ..people import user_with_key

PROGRESS_BYTES: Final = 64 * 1024 * 1024


class Command(BaseCommand):
    help = "Writes the rooms, messages and files that one person sees into a ZIP file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the person's primary key")
        parser.add_argument("file", type=Path, help="the ZIP file to write; it must not exist yet")
        parser.add_argument("--only-own", action="store_true", help="leave out what the other people wrote")

    def handle(self, *args: Any, user: str, file: Path, only_own: bool, **options: Any) -> None:
        person = user_with_key(user)
        try:
            # For nobody else on this machine.
            written = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        try:
            with written:
                self._write(written, export_person(person, only_own=only_own))
        except BaseException:
            # Half a ZIP file would be taken for a whole one.
            file.unlink()
            raise
        self.stdout.write(f"{file}: {file.stat().st_size} bytes.")

    def _write(self, file: IO[bytes], pieces: Iterable[bytes]) -> None:
        written, told = 0, 0
        for piece in pieces:
            written += file.write(piece)
            if written - told >= PROGRESS_BYTES:
                told = written
                self.stdout.write(f"{written} bytes …")
