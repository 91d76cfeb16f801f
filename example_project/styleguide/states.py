"""What the styleguide shows: every state of a bubble, a row, and what stands around them, without a database.

The library's own templates render it. What fills them here belongs to the library's inside; a project would not use it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from deals.models import Meeting, Offer
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from django_pairchat.web.presenters.inbox import RoomRow
from django_pairchat.web.presenters.message import Day, Divider, MessageItem, Quote
from django_pairchat.web.presenters.person import PersonItem

LONG = "가나다라마바사아자차카타파하" * 8 + " " + "Donaudampfschifffahrtsgesellschaft" * 4


@dataclass(frozen=True)
class State:
    """A part of the chat in one state: what one would look it up by, and what its template is filled with."""

    name: str
    item: Any


@dataclass(frozen=True)
class Chat:
    """As much of a room as the templates of a bubble ask for."""

    key: str
    url: str
    peer: PersonItem
    me: str


def peer() -> PersonItem:
    return PersonItem("2", _("Minji"))


def chat() -> Chat:
    return Chat(key="0", url="", peer=peer(), me="1")


def _picture(number: int) -> dict[str, Any]:
    address = static("board/tag.svg")
    size = {"width": 320, "height": 240} if number else {"width": 240, "height": 320}
    return {
        "url": address,
        "thumbnail": address,
        "name": f"tag-{number}.svg",
        "type": "image/svg+xml",
        "size": 1,
        **size,
    }


def _file(name: str, kind: str, size: int) -> dict[str, Any]:
    return {"url": static("board/tag.svg"), "name": name, "type": kind, "size": size, "width": None, "height": None}


def bubbles() -> list[State]:
    """Return every state of a message, of both people."""
    now = timezone.now()
    mine = MessageItem(seq="1", mine=True, content=_("Is it still there?"), created_at=now, created=now.isoformat())
    theirs = replace(mine, mine=False, peer=peer(), sender_name=peer().name, content=_("Yes, come by at five."))
    quote = Quote("1", "#", peer().name, _("Yes, come by at five."), rev="1")
    return [
        State(_("theirs"), theirs),
        State(_("mine, sent"), replace(mine, status="sent", latest=True)),
        State(_("mine, delivered"), replace(mine, status="delivered", latest=True)),
        State(_("mine, read"), replace(mine, status="read", latest=True)),
        State(_("first of a group"), replace(mine, last=False)),
        State(_("last of a group"), replace(mine, first=False)),
        State(_("edited"), replace(theirs, edited=True)),
        State(_("starred"), replace(theirs, starred=True)),
        State(_("deleted"), replace(theirs, content="", deleted=True)),
        State(_("an answer"), replace(mine, reply=quote)),
        State(_("an answer to what is not shown"), replace(theirs, reply=Quote("1", "#"))),
        State(_("with reactions"), replace(theirs, reaction_mine="👍", reaction_peer="❤️")),
        State(_("with a link"), replace(theirs, content="https://example.com/a?b=c")),
        State(_("long words"), replace(mine, content=LONG)),
        State(_("several lines"), replace(theirs, content="1\n2\n\n3")),
        State(_("right to left"), replace(theirs, content="هل ما زالت موجودة؟")),
        State(_("a photo"), replace(theirs, content="", attachment=_picture(1))),
        State(_("a photo with a text"), replace(mine, attachment=_picture(0))),
        State(_("a file"), replace(theirs, content="", attachment=_file("분실물 목록.csv", "text/csv", 14_200))),
        State(_("a recording"), replace(mine, content="", attachment=_file("voice.m4a", "audio/mp4", 90_000))),
        State(_("of the system"), MessageItem(seq="1", kind="system", content=_("This chat is about a post."))),
    ]


def cards() -> list[State]:
    """Return every state of an offer and of a meeting, and the open ones as their makers see them."""
    soon = timezone.now() + timedelta(hours=20)
    offers = [Offer(price=30_000, expires_at=soon, state=state) for state in Offer.State]
    meetings = [Meeting(at=soon, place=_("At the station"), state=state) for state in Meeting.State]
    return [
        *(_card(deal, mine=False) for deal in (*offers, *meetings)),
        *(_card(deal, mine=True) for deal in (offers[0], meetings[0])),
    ]


def _card(deal: Offer | Meeting, *, mine: bool) -> State:
    text, now = deal.summary(), timezone.now()
    values = {"data": deal.data(), "content": text, "mine": mine, "room": "0", "seq": 1}
    item = MessageItem(seq="1", kind=deal.kind, mine=mine, content=text, created_at=now, created=now.isoformat())
    return State(f"{_('mine') if mine else _('theirs')}: {text}", replace(item, card=deal.kind, card_values=values))


def held() -> list[State]:
    """Return the messages that only their sender sees."""
    text = {"content": _("Is it still there?"), "client_id": "", "refused": None, "attachment": None}
    return [
        State(_("waiting"), text),
        State(_("a file that waits"), {**text, "content": "", "attachment": {"name": "분실물 목록.csv"}}),
        State(_("refused"), {**text, "refused": ""}),
        State(_("refused with a reason"), {**text, "refused": _("No advertising, please.")}),
    ]


def topics() -> list[State]:
    """Return what stands at the top of a chat about something."""
    picture, found = static("board/things/umbrella.svg"), {"key": "found", "label": pgettext("kind of post", "Found")}
    title = {"title": _("Found: red umbrella"), "url": "#"}
    return [
        State(
            _("with a picture and a state"),
            {**title, "subtitle": _("At the station"), "image": picture, "state": found},
        ),
        State(_("only a title"), title),
        State(_("long words"), {"title": LONG, "subtitle": LONG, "image": picture, "state": found}),
    ]


def lines() -> list[State]:
    """Return the lines between messages."""
    now = timezone.now()
    return [
        State(_("today"), Day(now)),
        State(_("yesterday"), Day(now - timedelta(days=1))),
        State(_("another day"), Day(now - timedelta(days=40))),
        State(_("new messages"), Divider()),
    ]


def rows() -> list[State]:
    """Return every state of a row in the list."""
    row = RoomRow(key="1", url="#", peer=peer(), preview=_("Yes, come by at five."), at=timezone.now())
    picture, found = static("board/things/umbrella.svg"), {"key": "found", "label": pgettext("kind of post", "Found")}
    return [
        State(_("read"), row),
        State(_("unread"), replace(row, unread="3")),
        State(_("very much unread"), replace(row, unread="120")),
        State(_("marked as unread"), replace(row, marked_unread=True)),
        State(_("mine"), replace(row, mine=True)),
        State(_("about a topic"), replace(row, topic=_("Found: red umbrella"), topic_image=picture, topic_state=found)),
        State(_("pinned"), replace(row, pinned=True)),
        State(_("muted"), replace(row, muted=True, unread="2")),
        State(_("open"), replace(row, current=True)),
        State(_("long words"), replace(row, peer=PersonItem("3", LONG), preview=LONG, topic=LONG)),
        State(_("a deleted account"), replace(row, peer=PersonItem("", _("Deleted account")))),
    ]
