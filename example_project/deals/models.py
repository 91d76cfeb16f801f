"""An offer and a meeting. Their rows say how far they are; the card in the chat only shows it."""

import uuid
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from posts.models import Post

from django_pairchat.conf import conf
from django_pairchat.exceptions import CannotSend, NotFound
from django_pairchat.services import send_card, update_card


class Deal(models.Model):
    """What one person proposes to the other, in a chat about a post."""

    kind: str

    # The form brings it, so that pressing its button twice makes one.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(conf.room_model, models.CASCADE, related_name="+")
    card = models.ForeignKey(conf.message_model, models.SET_NULL, null=True, related_name="+")
    post = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="%(class)ss")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def summary(self) -> str:
        """Say in one line what the card shows, for lists, search and mails."""
        raise NotImplementedError

    def data(self) -> dict[str, Any]:
        """Return what the template of the card shows."""
        raise NotImplementedError

    def send(self) -> None:
        """Put the card into the chat. Raises what ``send_card()`` raises."""
        self.card = send_card(self.room, self.maker, self.kind, self.data(), content=self.summary(), client_id=self.pk)
        self.save(update_fields=["card"])

    def show(self) -> None:
        """Let the card say how far it is. One that was deleted says nothing any more."""
        if self.card is None:
            return
        with suppress(CannotSend, NotFound):
            update_card(self.card, self.data(), content=self.summary())


class Offer(Deal):
    """A price for what a post is about."""

    class State(models.TextChoices):
        """How far an offer is. Only an open one can be answered."""

        OPEN = "open", pgettext_lazy("offer", "Open")
        ACCEPTED = "accepted", pgettext_lazy("offer", "Accepted")
        DECLINED = "declined", pgettext_lazy("offer", "Declined")
        COUNTERED = "countered", pgettext_lazy("offer", "Answered with another price")
        WITHDRAWN = "withdrawn", pgettext_lazy("offer", "Withdrawn")
        EXPIRED = "expired", pgettext_lazy("offer", "Expired")
        CLOSED = "closed", pgettext_lazy("offer", "No longer available")

    kind = "offer"

    price = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.summary()

    @property
    def price_text(self) -> str:
        """The price as it is read, the same in both languages of the board."""
        return f"{self.price:,}"

    def summary(self) -> str:
        texts = {
            self.State.OPEN: _("Offer: {price} won"),
            self.State.ACCEPTED: _("Offer accepted: {price} won"),
            self.State.DECLINED: _("Offer declined: {price} won"),
            self.State.COUNTERED: _("Offer answered with another price: {price} won"),
            self.State.WITHDRAWN: _("Offer withdrawn: {price} won"),
            self.State.EXPIRED: _("Offer expired: {price} won"),
            self.State.CLOSED: _("Offer closed: {price} won"),
        }
        return texts[self.State(self.state)].format(price=self.price_text)

    def data(self) -> dict[str, Any]:
        return {
            "offer": str(self.pk),
            "price": self.price_text,
            "state": str(self.state),
            "expires": self.expires_at.isoformat(timespec="seconds"),
        }


class Meeting(Deal):
    """A time and a place to meet."""

    class State(models.TextChoices):
        """How far a meeting is."""

        OPEN = "open", pgettext_lazy("meeting", "Suggested")
        AGREED = "agreed", pgettext_lazy("meeting", "Agreed")
        DECLINED = "declined", pgettext_lazy("meeting", "Declined")
        CANCELLED = "cancelled", pgettext_lazy("meeting", "Cancelled")

    kind = "appointment"

    at = models.DateTimeField(db_index=True)
    place = models.CharField(max_length=100)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    reminded_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        texts = {
            self.State.OPEN: _("Meeting: {time}, {place}"),
            self.State.AGREED: _("Meeting agreed: {time}, {place}"),
            self.State.DECLINED: _("Meeting declined: {time}, {place}"),
            self.State.CANCELLED: _("Meeting cancelled: {time}, {place}"),
        }
        time = date_format(timezone.localtime(self.at), "DATETIME_FORMAT")
        return texts[self.State(self.state)].format(time=time, place=self.place)

    def data(self) -> dict[str, Any]:
        return {
            "meeting": str(self.pk),
            "at": self.at.isoformat(timespec="seconds"),
            "place": self.place,
            "state": str(self.state),
        }
