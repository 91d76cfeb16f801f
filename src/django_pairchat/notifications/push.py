"""The notifier that sends push messages to people's browsers (RFC 8030), and what such a message says."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final
from unicodedata import combining, normalize

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from .. import services
from . import links
from .conf import conf
from .mail import RoomInMail
from .models import PushSubscription
from .notifiers import Delayed, News, Notifier, Refused, RoomNews
from .people import Person
from .push_service import Gone, Rejected, Taken, Wait, deliver
from .subscriptions import forget_devices, note, usable_devices, users_with_devices
from .vapid import has_extra, is_key

logger = logging.getLogger("django_pairchat")

PAYLOAD_BYTES: Final = 3000
TITLE_BYTES: Final = 400
BODY_BYTES: Final = 1200
MOST_SHOWN: Final = 3
"""The rooms with a notification each. What waits in more of them, as after quiet hours, is told in one."""

ALL_ROOMS: Final = "pairchat"
DECLARATIVE: Final = 8030
JOINERS: Final = frozenset("\u200c\u200d\ufe0e\ufe0f\u20e3")
SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
VOWELS_AND_FINALS: Final = range(0x1160, 0x1200)
"""The later parts of a Hangul syllable that is written in parts."""

FLAGS: Final = range(0x1F1E6, 0x1F200)


@dataclass(frozen=True, slots=True)
class PushMessage:
    """One notification as it is sent to every device of the person.

    ``told`` has the ``seq`` of the last message of each room that it is about, and ``topic`` names it at push services.
    """

    payload: bytes
    topic: str
    told: dict[str, int]


class PushNotifier(Notifier):
    """Sends each device a notification for each room, which opens the room."""

    channel: ClassVar[str] = "push"
    label = _("Notifications on your devices")

    @property
    def delay(self) -> timedelta:
        return conf.push_delay

    @property
    def repeat(self) -> timedelta:
        return conf.push_repeat

    @property
    def is_set_up(self) -> bool:
        return bool(conf.vapid_private_key) and has_extra() and is_key(conf.vapid_private_key)

    def unreachable(self, people: Collection[Person]) -> Collection[Any]:
        keys = {person.user.pk for person in people}
        return keys - users_with_devices(keys)

    def send(self, news: News) -> None:
        devices = usable_devices(news.person.user)
        messages = self.compose(news)
        tries = [_Try(device, messages) for device in devices]
        for each in tries:
            each.run()
        waiting = [each.wait for each in tries if each.wait is not None]
        for each in tries:
            each.note(is_repeated=bool(waiting))
        if waiting:
            raise Delayed(
                "; ".join(wait.reason for wait in waiting),
                min(wait.time for wait in waiting),
                is_partial=any(each.taken for each in tries),
            )
        if not any(each.taken for each in tries):
            raise Refused("no device took it")

    def compose(self, news: News) -> list[PushMessage]:
        """Return the messages for each device, in the active language."""
        badge = services.unread_rooms(news.person.user)
        if len(news.rooms) > MOST_SHOWN:
            return [_of_all_rooms(news, badge)]
        return [_of_room(news, each, badge) for each in news.rooms]


class _Try:
    """All messages to one device, until one is not taken."""

    def __init__(self, device: PushSubscription, messages: Sequence[PushMessage]) -> None:
        self._device = device
        self._messages = messages
        self._is_gone = False
        self.taken: dict[str, int] = {}
        self.wait: Wait | None = None

    def run(self) -> None:
        for message in self._messages:
            if not self._had(message):
                answer = deliver(self._device, message.payload, message.topic)
                if not isinstance(answer, Taken):
                    self._stop(answer)
                    return
            self.taken |= message.told

    def _had(self, message: PushMessage) -> bool:
        return all(self._device.delivered.get(room) == seq for room, seq in message.told.items())

    def _stop(self, answer: Gone | Wait | Rejected) -> None:
        level = logging.WARNING if isinstance(answer, Rejected) else logging.INFO
        logger.log(level, "The device %s took no message: %s", self._device.pk, answer.reason)
        if isinstance(answer, Wait):
            self.wait = answer
        elif isinstance(answer, Gone):
            self._is_gone = True
            forget_devices([self._device])

    def note(self, *, is_repeated: bool) -> None:
        """Remember what this device took, as long as the same is sent again because of another one."""
        if self._is_gone:
            return
        values: dict[str, Any] = {}
        delivered = self.taken if is_repeated else {}
        if delivered != self._device.delivered:
            values["delivered"] = delivered
        if self.wait is not None and self.wait.told:
            values["wait_until"] = timezone.now() + self.wait.time
        if values:
            note(self._device, **values)


def _of_room(news: News, about: RoomNews, badge: int) -> PushMessage:
    room = RoomInMail(about, news.person)
    text = str(room.messages[-1]["text"]) if room.messages else ""
    notification = {
        "title": _cut(room.heading, TITLE_BYTES),
        "body": _cut(text or room.topic, BODY_BYTES),
        "navigate": room.url,
        "tag": f"{ALL_ROOMS}-{about.key}",
        "timestamp": int(about.room.last_message_at.timestamp() * 1000),
        "data": {"user": str(news.person.user.pk), "room": about.key},
    }
    if room.avatar:
        notification["icon"] = room.avatar
    topic = links.opaque_name("push", news.person.user.pk, about.key)
    return PushMessage(_payload(notification, badge), topic, {about.key: about.upto})


def _of_all_rooms(news: News, badge: int) -> PushMessage:
    count = len(news.rooms)
    title = ngettext("New messages in %(count)s chat", "New messages in %(count)s chats", count) % {"count": count}
    names = ", ".join(RoomInMail(each, news.person).name for each in news.rooms)
    notification = {
        "title": title,
        "body": _cut(names, BODY_BYTES),
        "navigate": links.absolute(reverse("pairchat:inbox")),
        "tag": ALL_ROOMS,
        "timestamp": int(max(each.room.last_message_at for each in news.rooms).timestamp() * 1000),
        "data": {"user": str(news.person.user.pk), "room": None},
    }
    topic = links.opaque_name("push", news.person.user.pk)
    return PushMessage(_payload(notification, badge), topic, {each.key: each.upto for each in news.rooms})


def _payload(notification: dict[str, Any], badge: int) -> bytes:
    """Return the message in the form that Safari shows by itself, and that the worker reads elsewhere."""
    shown = {
        **notification,
        "lang": get_language() or "",
        "renotify": True,
        "app_badge": str(badge),
    }
    for spare in ("icon", "body"):
        payload = _json({"web_push": DECLARATIVE, "notification": shown})
        if len(payload) <= PAYLOAD_BYTES:
            return payload
        shown.pop(spare, None)
    return _json({"web_push": DECLARATIVE, "notification": shown})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _cut(text: str, limit_bytes: int) -> str:
    """Return the text in one line, cut to what takes so many bytes of a payload, never within a character."""
    line = normalize("NFC", " ".join(text.split()))
    if len(_json(line)) <= limit_bytes:
        return line
    size, end = len(_json("…")), 0
    for end, character in enumerate(line):  # noqa: B007 - where it stops is the result
        size += len(_json(character)) - 2
        if size > limit_bytes:
            break
    while end > 0 and _continues(line, end):
        end -= 1
    return f"{line[:end].rstrip()}…"


def _continues(line: str, index: int) -> bool:
    """Return whether what is seen as one character goes on at this index: an accent, a syllable, a joined picture."""
    after, before = line[index], line[index - 1]
    is_joined = before == "\u200d" or (ord(before) in FLAGS and ord(after) in FLAGS)
    is_part = after in JOINERS or ord(after) in SKIN_TONES or ord(after) in VOWELS_AND_FINALS
    return is_joined or is_part or bool(combining(after))
