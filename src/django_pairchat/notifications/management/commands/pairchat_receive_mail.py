"""``manage.py pairchat_receive_mail``: take one mail from a mail server, as a reply to a mail about messages."""

from __future__ import annotations

import logging
import os
import sys
from argparse import ArgumentParser
from typing import Any, BinaryIO, Final

from django.core.management.base import BaseCommand

from ...conf import SETTING, conf
from ...replies.incoming import LARGEST_BYTES
from ...services import receive_reply

logger = logging.getLogger("django_pairchat")

READ_BYTES: Final = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Reads one mail from standard input and sends it as a message of the person whose reply address it has. The"
        " exit status is 0 if it was sent or dropped, and 75 if the mail server must try again later."
    )
    # What a check finds would end the command with a status at which mail servers bounce.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sender", help="The sender of the SMTP envelope, empty for a bounce.")
        parser.add_argument("--recipient", help="The recipient of the SMTP envelope.")

    def handle(self, *args: Any, sender: str | None, recipient: str | None, **options: Any) -> None:
        mail = read_mail(sys.stdin.buffer)
        if not mail.strip():
            self.stderr.write("There is no mail on standard input.")
            sys.exit(os.EX_DATAERR)
        if not conf.reply_address:
            self.stderr.write(f'Replies by mail are off: set {SETTING}["REPLY_ADDRESS"].')
            sys.exit(os.EX_TEMPFAIL)
        try:
            result = receive_reply(mail, sender=sender, recipient=recipient)
        except Exception as error:
            # The mail server shows its log what is written here. The text of the mail is in neither.
            logger.exception("A reply by mail could not be received now.")
            self.stderr.write(f"Not now: {type(error).__name__}")
            sys.exit(os.EX_TEMPFAIL)
        self.stdout.write("Sent." if result.message is not None else f"Not sent: {result.reason}.")


def read_mail(stream: BinaryIO) -> bytes:
    """Return the mail, of one that is too large only the beginning. All is read, as the mail server expects."""
    mail = stream.read(LARGEST_BYTES + 1)
    while stream.read(READ_BYTES):
        pass
    return mail
