"""Mails that no person wrote as a reply: answers of programs, bounces, lists, what this site sent itself, and spam.

They are dropped without a word: a program that is answered answers again, without end.
"""

from __future__ import annotations

import re
from typing import Final

from ..conf import conf
from .address import ascii_domain, bare_address, is_reply_address
from .incoming import IncomingMail

NO_SENDER: Final = frozenset({"", "<>", "mailer-daemon"})
"""Envelope senders of bounces. Postfix writes the last one for none."""

OF_PROGRAMS: Final = ("X-Autoreply", "X-Autoreply-From", "X-Autorespond", "X-Auto-Reply", "X-Mail-Autoreply")
OF_LISTS: Final = ("List-Id", "List-Post", "List-Unsubscribe")
PRECEDENCES: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
DAEMONS: Final = frozenset({"mailer-daemon", "postmaster"})
FAILED_DMARC: Final = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)


def reason_to_drop(mail: IncomingMail, envelope_sender: str | None) -> str:
    """Return why this mail is no reply of a person, empty if it may be one."""
    if _is_bounce(mail, envelope_sender):
        return "it is a bounce"
    if _is_of_a_program(mail):
        return "it was sent by a program"
    if any(mail.header(name) for name in OF_LISTS):
        return "it comes from a mailing list"
    (sender, *others) = {address.casefold() for address in mail.addresses("From")} or {""}
    if not sender or others:
        return "it does not have exactly one sender"
    if ascii_domain(sender) == ascii_domain(bare_address(conf.mail_from).casefold()) or is_reply_address(sender):
        return "this site sent it"
    if mail.header("X-Spam-Flag").casefold() == "yes" or getattr(mail.message, "spam_detected", None):
        return "it is spam"
    if _is_forged(mail):
        return "its sender is forged"
    return ""


def _is_forged(mail: IncomingMail) -> bool:
    """Return whether the site's own server says so: the first of these headers is of the last server.

    It may have written several. A forged one can only harm its forger.
    """
    results = mail.headers("Authentication-Results")
    own = [each for each in results if _server_in(each) == _server_in(results[0])]
    return any(FAILED_DMARC.search(each) for each in own)


def _server_in(result: str) -> str:
    words = result.partition(";")[0].split()
    return words[0].casefold() if words else ""


def _is_bounce(mail: IncomingMail, envelope_sender: str | None) -> bool:
    given = mail.headers("Return-Path")[:1] if envelope_sender is None else [envelope_sender]
    local_parts = {address.partition("@")[0].casefold() for address in mail.addresses("From")}
    return (
        any(each.strip().casefold() in NO_SENDER for each in given)
        or mail.content_type == "multipart/report"
        or bool(mail.header("X-Failed-Recipients"))
        or not local_parts.isdisjoint(DAEMONS)
    )


def _is_of_a_program(mail: IncomingMail) -> bool:
    submitted = mail.header("Auto-Submitted").partition(";")[0].strip().casefold()
    return (
        submitted not in {"", "no"}
        or any(mail.header(name) for name in OF_PROGRAMS)
        or mail.header("Precedence").casefold() in PRECEDENCES
    )
