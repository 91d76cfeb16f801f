"""What people do with offers and meetings. Each is one transaction, which begins with a lock."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from posts.models import Post

from deals.models import Deal, Meeting, Offer
from django_pairchat.base_models import AbstractRoom
from django_pairchat.exceptions import ChatError, NotFound, error_text
from django_pairchat.services import get_room, send

LASTS = timedelta(days=2)
REMIND_BEFORE = timedelta(hours=3)
D = TypeVar("D", Offer, Meeting)


class Refused(Exception):
    """Something that cannot be done now, with a sentence for the person."""


def make_offer(user: Any, key: str, offer_id: uuid.UUID, price: int) -> Offer:
    """Offer a price in a chat. The same id again changes nothing. Raises `Refused` and `NotFound`."""
    room, post = room_about_post(user, key)
    with transaction.atomic():
        lock(post.pk)
        return _make(Offer(pk=offer_id, room=room, post=post, maker=user, price=price, expires_at=_in(LASTS)))


def suggest_meeting(user: Any, key: str, meeting_id: uuid.UUID, at: datetime, place: str) -> Meeting:
    """Suggest a time and a place in a chat. The same id again changes nothing. Raises `Refused` and `NotFound`."""
    room, post = room_about_post(user, key)
    with transaction.atomic():
        lock(post.pk)
        return _make(Meeting(pk=meeting_id, room=room, post=post, maker=user, at=at, place=place))


def answer_offer(user: Any, offer_id: uuid.UUID, answer: str, price: int | None = None) -> Offer:
    """Accept, decline, counter or withdraw an offer, and return the one to look at. Raises `Refused` and `NotFound`."""
    post = Offer.objects.filter(pk=offer_id).values_list("post", flat=True).first()
    with transaction.atomic():
        lock(post)
        offer = _locked(Offer, offer_id, user)
        refusal, shown = _answer_offer(offer, user, answer, price)
    if refusal:
        raise Refused(refusal)
    return shown


def answer_meeting(user: Any, meeting_id: uuid.UUID, answer: str) -> Meeting:
    """Agree to a meeting, decline or cancel it. Raises `Refused` and `NotFound`."""
    with transaction.atomic():
        meeting = _locked(Meeting, meeting_id, user)
        refusal = _answer_meeting(meeting, user, answer)
    if refusal:
        raise Refused(refusal)
    return meeting


def close(post: Post) -> None:
    """Close what is still open about a post, which is about to go."""
    with transaction.atomic():
        lock(post.pk)
        _set(post.offers.filter(state=Offer.State.OPEN), Offer.State.CLOSED)
        _set(post.meetings.filter(state=Meeting.State.OPEN), Meeting.State.CANCELLED)


def expire_offers() -> int:
    """Let the cards of offers say that their time is over, and return how many there were."""
    over = Offer.objects.filter(state=Offer.State.OPEN, expires_at__lte=timezone.now())
    return sum(_expire(pk) for pk in over.values_list("pk", flat=True))


def remind_of_meetings() -> int:
    """Write a reminder into the chat of each meeting that is near, once, and return how many there were."""
    near = Meeting.objects.filter(
        state=Meeting.State.AGREED, reminded_at=None, at__range=(timezone.now(), _in(REMIND_BEFORE))
    )
    return sum(_remind(pk) for pk in near.values_list("pk", flat=True))


# The parts


def room_about_post(user: Any, key: str) -> tuple[AbstractRoom, Post]:
    """Return a chat of this person about a post. Raises `NotFound`."""
    room = get_room(user, key)
    if not isinstance(room.topic, Post):
        raise NotFound
    return room, room.topic


def lock(post: int | None) -> None:
    """Let nobody else change what there is about a post until the commit.

    Accepting one offer closes others, so they have one lock. It is a write, and the first statement of its transaction:
    SQLite knows no other lock.
    """
    Post.objects.filter(pk=post).update(title=F("title"))


def _locked(model: type[D], deal_id: uuid.UUID, user: Any) -> D:
    """Return it as it is now; nobody else changes it until the commit. Raises `NotFound` for one of other people."""
    if model.objects.filter(pk=deal_id).update(created_at=F("created_at")) == 0:
        raise NotFound
    deal = model.objects.select_related("post", "room", "card", "maker").get(pk=deal_id)
    if deal.room.side(user) is None:
        raise NotFound
    return deal


def _make(deal: D) -> D:
    known = type(deal).objects.filter(pk=deal.pk).first()
    if known is not None:
        if (known.room_id, known.maker_id) != (deal.room_id, deal.maker_id):
            raise NotFound
        return known
    deal.save(force_insert=True)
    try:
        deal.send()
    except ChatError as error:
        # Nothing of it is kept: the exception ends the transaction.
        raise Refused(error_text(error)) from error
    return deal


def _answer_offer(offer: Offer, user: Any, answer: str, price: int | None) -> tuple[str, Offer]:
    is_mine = offer.maker_id == user.pk
    wanted = {
        "accept": Offer.State.ACCEPTED,
        "decline": Offer.State.DECLINED,
        "counter": Offer.State.COUNTERED,
        "withdraw": Offer.State.WITHDRAWN,
    }.get(answer)
    if wanted is None or is_mine != (wanted == Offer.State.WITHDRAWN) or (answer == "counter" and not price):
        return _("This is not possible with this offer."), offer
    if offer.state == wanted:
        # Pressed twice, or on two pages.
        return "", offer
    if offer.state == Offer.State.OPEN and offer.expires_at <= timezone.now():
        _move(offer, Offer.State.EXPIRED)
    if offer.state != Offer.State.OPEN:
        return _not_open(offer), offer
    if offer.room.is_blocked and not is_mine:
        return _("This is not possible in this chat."), offer
    _move(offer, wanted)
    if wanted == Offer.State.ACCEPTED and offer.post is not None:
        _set(offer.post.offers.filter(state=Offer.State.OPEN), Offer.State.CLOSED)
    if wanted == Offer.State.COUNTERED and price:
        new = Offer(room=offer.room, post=offer.post, maker=user, price=price, expires_at=_in(LASTS))
        return "", _make(new)
    return "", offer


def _not_open(offer: Offer) -> str:
    return {
        Offer.State.ACCEPTED: _("This offer was already accepted."),
        Offer.State.DECLINED: _("This offer was already declined."),
        Offer.State.COUNTERED: _("This offer was already answered with another price."),
        Offer.State.WITHDRAWN: _("This offer was withdrawn."),
        Offer.State.EXPIRED: _("This offer has expired."),
    }.get(Offer.State(offer.state), _("This offer is no longer available."))


def _answer_meeting(meeting: Meeting, user: Any, answer: str) -> str:
    state = Meeting.State
    is_mine = meeting.maker_id == user.pk
    # From which state, and whether the person who suggested it may, too.
    ways = {
        "agree": (state.AGREED, {state.OPEN}, False),
        "decline": (state.DECLINED, {state.OPEN}, False),
        "cancel": (state.CANCELLED, {state.OPEN, state.AGREED}, True),
    }
    if answer not in ways:
        return _("This is not possible with this meeting.")
    wanted, before, mine_too = ways[answer]
    if is_mine and not mine_too:
        return _("This is not possible with this meeting.")
    if meeting.state == wanted:
        return ""
    if meeting.state not in before:
        return _("This meeting was already answered or cancelled.")
    if wanted == state.AGREED and meeting.at <= timezone.now():
        return _("The time of this meeting has passed.")
    if wanted == state.AGREED and meeting.room.is_blocked:
        return _("This is not possible in this chat.")
    _move(meeting, wanted)
    return ""


def _move(deal: Deal, state: str) -> None:
    deal.state = state
    deal.save(update_fields=["state"])
    deal.show()


def _set(deals: Iterable[Deal], state: str) -> None:
    for deal in deals:
        _move(deal, state)


def _in(duration: timedelta) -> datetime:
    return timezone.now() + duration


def _expire(offer_id: uuid.UUID) -> bool:
    with transaction.atomic():
        Offer.objects.filter(pk=offer_id).update(created_at=F("created_at"))
        offer = Offer.objects.select_related("card").get(pk=offer_id)
        is_over = offer.state == Offer.State.OPEN and offer.expires_at <= timezone.now()
        if is_over:
            _move(offer, Offer.State.EXPIRED)
    return is_over


def _remind(meeting_id: uuid.UUID) -> bool:
    with transaction.atomic():
        due = Meeting.objects.filter(pk=meeting_id, state=Meeting.State.AGREED, reminded_at=None)
        if not due.update(reminded_at=timezone.now()):
            return False
        meeting = Meeting.objects.select_related("room").get(pk=meeting_id)
        if meeting.room.is_blocked:
            return False
        text = _("Do not forget: {meeting}").format(meeting=meeting.summary())
        send(meeting.room, None, text, kind="system", client_id=uuid.uuid5(meeting_id, "reminder"))
    return True
