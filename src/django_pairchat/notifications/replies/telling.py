"""The mail that tells a person that a reply by mail was not sent: at most one an hour, to the account's address only.

What it says goes to nobody else, so that a forged sender gets no mail. It has no reply address of its own, and says
that a program sent it, so that no program answers it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.cache import cache
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ... import namespace
from ...exceptions import ChatError, error_text
from ...policy import get_policy
from .. import links
from ..conf import conf
from ..people import people

if TYPE_CHECKING:
    from ...model_parts.side import Side

logger = logging.getLogger("django_pairchat")

PAUSE_SECONDS: Final = 3600
TEMPLATE: Final = "pairchat/notifications/mail/reply_refused.txt"
HEADERS: Final = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
NOT_SENT: Final = _("Your reply was not sent")


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence about what went wrong, and the subject of the mail. Both are translated when the mail is written."""

    sentence: Any
    subject: Any = NOT_SENT


EXPIRED: Final = Problem(_("The mail that you replied to is too old. Write in the chat instead."))
EMPTY: Final = Problem(_("There was no text above the quoted mail."))
UNREADABLE: Final = Problem(_("Your mail could not be read. Write in the chat instead."))
FILES: Final = Problem(
    _("Files are not taken over from mails. Send them in the chat instead."), _("Your files were not sent")
)


def wrong_sender(user: Any) -> Problem:
    address = get_policy().mail_address(user)
    sentence = _("Replies are accepted from {address} only, but one came from another address.")
    return Problem(format_lazy(sentence, address=address))


def refused_by_the_chat(error: ChatError) -> Problem:
    return Problem(lazy(error_text, str)(error))


def tell(side: Side, problem: Problem) -> bool:
    """Send the mail about the problem, and return whether it was sent. No failure of it matters to the reply."""
    address = get_policy().mail_address(side.user)
    try:
        key = namespace.cache_key("reply-problem", str(side.user_id))
        if not address or not cache.add(key, 1, PAUSE_SECONDS):
            return False
        _mail(side, problem, address).send()
    except Exception:
        logger.exception("User %s could not be told that a reply was not sent.", side.user_id)
        return False
    return True


def _mail(side: Side, problem: Problem, address: str) -> EmailMessage:
    (person,) = people([side.user]).values()
    with person.speaking():
        context = {"sentence": str(problem.sentence), "url": links.room_url(str(side.room.pk))}
        text = render_to_string(TEMPLATE, context).strip() + "\n"
        return EmailMessage(str(problem.subject), text, conf.mail_from, [address], headers=HEADERS)
