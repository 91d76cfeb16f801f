"""The stage that admits a message: checks its text, asks the host's policy, spends a token of the sender's rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..base_models import FILE_KIND, TEXT_KIND
from ..core.access import get_room, is_open, side_of
from ..core.rate_limit import rate_limiter
from ..core.request_cost import limit_refusal
from ..core.restrictions import are_known, known_restriction, restriction_of
from ..core.uploads import Upload, read_info
from ..exceptions import BadId, CannotSend, ChatError, NotFound, Rejected
from ..policy import Policy, get_policy, reviews
from ..protocol.content import clean_content
from ..protocol.requests import Send
from ..review import Hold, Mask, Reject, Verdict, Warn
from ..review.verdicts import ALLOW, masked
from .hold import Payload, hold, is_stored, require_not_held
from .types import NO_FIELDS, PendingMessage

if TYPE_CHECKING:
    from uuid import UUID

    from ..base_models import AbstractRoom


def admit(
    sender: Any,
    send: Send,
    *,
    room: AbstractRoom | None = None,
    kind: str = TEXT_KIND,
    data: Any = None,
    marks_read: bool = True,
    fields: Mapping[str, Any] = NO_FIELDS,
    brings_file: bool = False,
    costs_token: bool = True,
) -> PendingMessage | ChatError:
    """Return the message as it can be stored. No lock is held meanwhile, so that the host's policy may be slow.

    ``room`` saves the query for it. With ``brings_file`` the caller adds a file afterwards, so the text may be empty.
    The policy is asked only if it overrides a method about sends. Only then a room that the sender cannot see is an
    error here; :func:`~.store.store` finds it otherwise. The storage is asked about an upload, and the cache about the
    rate, for 0.25 s at most. Raises what the policy and the storage raise.
    """
    text, error = _clean(send, may_be_empty=brings_file or send.attachment is not None)
    error = restriction_of(sender) or error
    notice, verdict = "", None
    if sender is not None and overrides_send_policy(get_policy()):
        try:
            room = room or get_room(sender, send.room)
            side_of(room, sender)
        except (BadId, NotFound) as missing:
            return limit_refusal(sender, missing) if costs_token else missing
        if error is None:
            kept_as = FILE_KIND if brings_file or send.attachment is not None else kind
            payload = Payload(text, send.reply_to, kept_as, data, send.attachment)
            text, notice, verdict, error = _review(room, sender, send.client_id, payload)
    if send.attachment is not None:
        kind, fields = FILE_KIND, {**fields, "attachment_info": read_info(send.attachment)}
    if send.album is not None and (send.attachment is not None or brings_file):
        fields = {**fields, "album": send.album}
    pending = PendingMessage(
        sender=sender,
        content=text,
        client_id=send.client_id,
        key=send.room,
        reply_to=send.reply_to,
        kind=kind,
        data=data,
        marks_read=marks_read,
        upload=send.attachment,
        fields=fields,
        error=error,
        wait_seconds=rate_limiter().acquire(str(sender.pk)) if costs_token else None,
        room=room,
        notice=notice,
        verdict=verdict,
    )
    return pending if verdict is None or brings_file else _hold(pending, verdict)


def admit_at_once(sender: Any, send: Send, user_key: str) -> PendingMessage | None:
    """Return what :func:`admit` returns, or ``None`` if that takes a query or asks the storage or the cache.

    ``user_key`` is the sender's key in its text form.
    """
    if send.attachment is not None or overrides_send_policy(get_policy()) or not are_known():
        return None
    wait_seconds = rate_limiter().try_acquire(user_key)
    if wait_seconds is None:
        return None
    text, error = _clean(send, may_be_empty=False)
    # Known a moment ago. To read it again is not for the event loop.
    error = known_restriction(user_key) or error
    return PendingMessage(
        sender,
        text,
        send.client_id,
        send.room,
        send.reply_to,
        error=error,
        wait_seconds=wait_seconds,
    )


def with_upload(pending: PendingMessage, upload: Upload) -> PendingMessage | ChatError:
    """Return the admitted message with the file that it was to bring."""
    fields = {**pending.fields, "attachment_info": upload.info}
    complete = pending._replace(kind=FILE_KIND, upload=upload.token, fields=fields)
    return complete if pending.verdict is None else _hold(complete, pending.verdict)


def _hold(pending: PendingMessage, verdict: Hold) -> PendingMessage | ChatError:
    """Return ``Held`` for the message, which waits from now on, or the message with what else is wrong with it."""
    if pending.error is not None or pending.wait_seconds:
        return pending
    return hold(pending, verdict)


def _clean(send: Send, *, may_be_empty: bool) -> tuple[str, ChatError | None]:
    try:
        return clean_content(send.content, may_be_empty=may_be_empty), None
    except ChatError as error:
        return send.content, error


def _review(
    room: AbstractRoom, sender: Any, client_id: UUID, payload: Payload
) -> tuple[str, str, Hold | None, ChatError | None]:
    """Return the text as it is stored, the notice for its sender, and what keeps it from being stored now."""
    text = payload.content
    try:
        if reviews(get_policy()):
            require_not_held(room, sender, client_id, payload)
            if is_stored(room, sender, client_id):
                return text, "", None, None
        verdict = ask_policy(room, sender, text)
        return *settle(verdict, text), verdict if isinstance(verdict, Hold) else None, None
    except ChatError as error:
        return text, "", None, error


def ask_policy(room: AbstractRoom, sender: Any, content: str) -> Verdict:
    """Return the verdict of the host's policy about a text.

    Raises ``CannotSend`` if a block, a missing account or the policy forbids the message, ``Rejected`` for its text.
    """
    policy = get_policy()
    if not is_open(room) or not policy.can_send(sender, room.peer_of(sender), room):
        raise CannotSend
    policy.check_content(sender, room, content)
    return review(room, sender, content)


def review(room: AbstractRoom, sender: Any, content: str) -> Verdict:
    """Return the verdict of the policy's review. Raises ``Rejected``, and ``TypeError`` for what is no verdict."""
    policy = get_policy()
    if not content or not reviews(policy):
        return ALLOW
    verdict = policy.review(sender, room, content)
    if isinstance(verdict, Reject):
        raise Rejected(reason=str(verdict.reason))
    if not isinstance(verdict, Verdict):
        raise TypeError(f"{type(policy).__name__}.review() returned {verdict!r}, which is no verdict.")
    return verdict


def settle(verdict: Verdict, text: str) -> tuple[str, str]:
    """Return the text as it is stored, and the notice for the person who wrote it."""
    if isinstance(verdict, Mask):
        return masked(text, verdict.spans), str(verdict.notice)
    return text, str(verdict.notice) if isinstance(verdict, Warn) else ""


def overrides_send_policy(policy: Policy) -> bool:
    """Return whether the host's policy overrides ``can_send``, ``check_content`` or ``review``."""
    kind = type(policy)
    return (
        kind.can_send is not Policy.can_send
        or kind.check_content is not Policy.check_content
        or kind.review is not Policy.review
    )
