"""Statements of reasons: what people are told about a decision, as a message of the site or by mail."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from ..base_models import SYSTEM_KIND
from ..core.access import database
from ..exceptions import BadId, ChatError
from ..policy import get_policy
from ..querysets import parse_key
from ..services import open_room, send
from ..utils.site import site_name
from ..utils.time_zones import find_zone
from .conf import BY_MESSAGE, conf
from .models import Case, Decision, Evidence, Statement, StatementState

logger = logging.getLogger("django_pairchat")

LEASE: Final = timedelta(minutes=10)
ATTEMPTS: Final = 8
AT_ONCE: Final = 100
TEXT_LENGTH: Final = 500
"""A longer text is cut, so that the statement fits into a message."""
NAMESPACE: Final = uuid.UUID("5a3c1f0e-7d4f-4f0a-9c38-6d1f1a2b9e77")
"""Part of the ids of the messages, so that a statement that is sent twice is one message."""


class NotDeliverable(Exception):
    """There is no way to tell this person."""


def statements_about(case: Case, reporters: Iterable[Any]) -> Iterator[Statement]:
    """Yield what the reporters and, unless it is a dismissal, the reported person are told. Nothing is stored yet.

    No text says who has reported, how many have, or when.
    """
    message = None if case.seq is None else case.evidence.filter(is_context=False).order_by("-rev").first()
    for reporter in reporters:
        yield _statement(case, message, reporter, to_reporter=True)
    if case.decision != Decision.DISMISSED and case.accused is not None:
        yield _statement(case, message, case.accused, to_reporter=False)


def _statement(case: Case, message: Evidence | None, recipient: Any, *, to_reporter: bool) -> Statement:
    policy = get_policy()
    zone: ZoneInfo | None = find_zone(policy.time_zone(recipient) or "")
    language = policy.language(recipient) or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone):
        name = "reporter" if to_reporter else "reported"
        context = {
            "case": case,
            "rule": case.rule or str(conf.categories.get(case.category, "")),
            "decision": str(case.decision),
            "about_message": case.seq is not None,
            "message": message,
            "message_text": _shown_text(message),
            "rules": conf.rules,
            "objections": conf.objections,
        }
        text = render_to_string(f"pairchat/moderation/statement_{name}.txt", context)
        subject = _("Your report") if to_reporter else _("A decision of our moderators")
    # A template's blank lines where a part is missing.
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return Statement(
        case=case, recipient=recipient, to_reporter=to_reporter, subject=subject, text="\n\n".join(paragraphs)
    )


def _shown_text(message: Evidence | None) -> str:
    """Return the beginning of a message, or the name of its file."""
    if message is None:
        return ""
    return Truncator(message.content or (message.attachment_info or {}).get("name", "")).chars(TEXT_LENGTH)


def deliver_statements(only: Collection[Any] | None = None, *, may_mail: bool = True) -> int:
    """Send the statements that are due, each outside of any transaction, and return how many were sent.

    ``only`` are the keys of some. With ``may_mail=False`` those that need a mail stay for the next call. What fails is
    tried again, at longer and longer intervals, at most 8 times. May run beside itself.
    """
    sent = 0
    for pk in _due(only):
        statement = _claim(pk)
        if statement is not None:
            sent += _deliver(statement, may_mail)
    return sent


def _due(only: Collection[Any] | None) -> Iterator[Any]:
    last = 0
    while True:
        due = Statement.objects.using(database()).filter(
            state=StatementState.WAITING, due_at__lte=timezone.now(), pk__gt=last
        )
        if only is not None:
            due = due.filter(pk__in=only)
        part = list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if not part:
            return
        yield from part
        last = part[-1]


def _claim(pk: Any) -> Statement | None:
    """Take a statement for 10 minutes, so that nobody else sends it. If this process ends, it is sent later."""
    now = timezone.now()
    rows = Statement.objects.using(database()).filter(pk=pk)
    if not rows.filter(state=StatementState.WAITING, due_at__lte=now).update(due_at=now + LEASE):
        return None
    return rows.select_related("recipient").first()


def _deliver(statement: Statement, may_mail: bool) -> bool:
    rows = Statement.objects.using(database()).filter(pk=statement.pk)
    try:
        if not _send(statement, may_mail):
            rows.update(due_at=timezone.now())
            return False
    except NotDeliverable:
        rows.update(state=StatementState.FAILED, attempts=statement.attempts + 1)
        return False
    except Exception as error:  # noqa: BLE001 - of the mail server, the storage or the host's policy
        logger.warning("A statement of reasons could not be sent: %r", error)
        attempts = statement.attempts + 1
        state = StatementState.WAITING if attempts < ATTEMPTS else StatementState.FAILED
        rows.update(state=state, attempts=attempts, due_at=timezone.now() + timedelta(minutes=2**attempts))
        return False
    rows.update(state=StatementState.SENT, sent_at=timezone.now(), attempts=statement.attempts + 1)
    return True


def _send(statement: Statement, may_mail: bool) -> bool:
    """Send it and return ``True``, or ``False`` if that needs a mail and none may be sent now."""
    if conf.statements == BY_MESSAGE and _send_message(statement):
        return True
    if not may_mail:
        return False
    address = get_policy().mail_address(statement.recipient)
    if not address:
        raise NotDeliverable
    site, subject, text = site_name(), statement.subject, statement.text
    if site:
        subject, text = f"{subject} · {site}", f"{text}\n\n-- \n{site}"
    EmailMessage(subject, text, conf.mail_from, [address], headers={"Auto-Submitted": "auto-generated"}).send()
    return True


def _send_message(statement: Statement) -> bool:
    """Write into the room of the site's account and this person, and return whether that is possible.

    Not into the room that it is about: both people would read what only one of them is to know.
    """
    account = site_account()
    if account is None or account.pk == statement.recipient_id:
        return False
    try:
        room = open_room(account, statement.recipient)
        send(room, None, statement.text, kind=SYSTEM_KIND, client_id=uuid.uuid5(NAMESPACE, str(statement.pk)))
    except ChatError:
        return False
    return True


def site_account() -> Any:
    """Return the account that statements come from as messages, ``None`` if there is none."""
    model = get_user_model()
    try:
        key = parse_key(model, conf.account, "account")
    except BadId:
        return None
    return model._default_manager.filter(pk=key).first()
