"""Replies by mail: from the bytes that a mail program wrote to a message in the room."""

from __future__ import annotations

import email
import email.policy
import re
import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from django_pairchat import get_message_model
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.exceptions import RateLimited, Rejected
from django_pairchat.held.models import HeldMessage
from django_pairchat.notifications.replies.incoming import IncomingMail, Unreadable
from django_pairchat.notifications.replies.screening import reason_to_drop
from django_pairchat.notifications.services import change_notification_settings, receive_reply, sweep
from django_pairchat.review import Allow, Hold, Verdict
from django_pairchat.services import change_settings, open_room, release_held, send
from tests.conftest import People
from tests.support.people import make_topic

from . import mails
from .conftest import ShowingPolicy, SmtpServer, begin_sweeping, use_mail_server, write
from .mails import Original, Program

pytestmark = pytest.mark.django_db
NOW = time.time()
LANGUAGES = ["ar", "de", "en", "es", "fr", "ja", "ko", "zh-hans"]


@pytest.fixture(autouse=True)
def _replies_are_on(settings: Any, addresses: People, smtp: SmtpServer) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {
        **settings.PAIRCHAT_NOTIFICATIONS,
        "REPLY_ADDRESS": "reply+{token}@chat.example",
    }
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{ShowingPolicy.__module__}.{ShowingPolicy.__name__}"}
    begin_sweeping()


def told(smtp: SmtpServer) -> Original:
    """Sweep, and return the one mail of it."""
    smtp.mails.clear()
    sweep()
    (raw,) = smtp.mails
    smtp.mails.clear()
    return mails.original(raw)


@pytest.fixture
def invited(room: Any, addresses: People, smtp: SmtpServer) -> Original:
    """The mail that Juwon gets about a message of Minji's."""
    write(room, addresses.minji, "Is it still there?\nI can come at 5.")
    return told(smtp)


def texts(room: Any) -> list[str]:
    messages = get_message_model().objects.filter(room=room.pk).order_by("seq")
    return [message.content for message in messages][1:]


TEXT = "네, 아직 있어요. 5시에 역 앞에서 봐요!"


@pytest.mark.parametrize("program", mails.PROGRAMS, ids=lambda program: program.__name__)
def test_a_reply_of_this_program_becomes_what_the_person_wrote(invited: Original, room: Any, program: Program) -> None:
    result = receive_reply(program(invited, TEXT))
    assert texts(room) == [TEXT]
    assert result.message is not None


@pytest.mark.parametrize("program", mails.PROGRAMS, ids=lambda program: program.__name__)
def test_it_does_in_every_language_of_the_mail(
    room: Any, addresses: People, smtp: SmtpServer, program: Program
) -> None:
    sent = []
    for number, language in enumerate(LANGUAGES):
        change_notification_settings(addresses.juwon, language=language)
        write(room, addresses.minji, "ok?")
        invited = told(smtp)
        sent.append(f"{number} yes")
        receive_reply(program(invited, sent[-1], message_id=f"<{number}@example.com>"))
    assert [text for text in texts(room) if text != "ok?"] == sent


def test_paragraphs_stay_as_they_were_written(invited: Original, room: Any) -> None:
    written = f"{'A long paragraph. ' * 20}".strip() + "\n\nAnother one:\n- and a list"
    receive_reply(mails.gmail_web(invited, written))
    receive_reply(mails.apple_english(invited, written, message_id="<2@example.com>"))
    receive_reply(mails.naver(invited, written, message_id="<3@example.com>"))
    receive_reply(mails.outlook_korean(invited, written, message_id="<4@example.com>"))
    assert texts(room) == [written] * 4


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, Nov 30, 2026 at 1:23 PM Chat <chat@chat.example> wrote:",
        "On Mon, Nov 30, 2026 at\n1:23 PM Chat\n<chat@chat.example> wrote:",
        "Chat <chat@chat.example> schrieb am Mo., 30. Nov. 2026, 13:23:",
        "Am 30.11.2026 um 13:23 schrieb Chat:",
        "Le lun. 30 nov. 2026 à 13:23, Chat <chat@chat.example> a écrit :",
        "El lun, 30 nov 2026 a las 13:23, Chat (<chat@chat.example>) escribió:",
        "2026年11月30日(月) 13:23 Chat <chat@chat.example>:",
        "Chat <chat@chat.example> 于2026年11月30日周一 13:23写道：",
        "2026년 11월 30일 (월) 오후 1:23, Chat <chat@chat.example>님이 작성:",
        "26. 11. 30. 오후 1:23에 Chat 이(가) 쓴 글:",
        "الاثنين، ٣٠ نوفمبر ٢٠٢٦ في ١:٢٣ م بواسطة \u202aChat\u202c\u200f <\u202achat@chat.example\u202c\u200f>:\u200f",
        "From: Chat <chat@chat.example>\nDate: Monday, 30 November 2026 at 13:23\nTo: Juwon\nSubject: Hello: you",
        "________________________________\nVon: Chat\nGesendet: Montag, 30. November 2026 13:23\nAn: juwon@example.com",
        "-----Original Message-----\n差出人: Chat <chat@chat.example>\n宛先： juwon@example.com\n\n",
    ],
)
def test_what_a_program_writes_above_a_quotation_is_cut(invited: Original, room: Any, introduction: str) -> None:
    for number, quotation in enumerate((invited.text, mails.quoted(invited.text))):
        reply = f"Yes, at 5.\n\n{introduction}\n\n{quotation}"
        receive_reply(mails.plain(invited, reply, message_id=f"<{number}@example.com>"))
    assert texts(room) == ["Yes, at 5."] * 2


def test_texts_made_to_be_slow_are_not(invited: Original) -> None:
    """Each would take minutes, or all memory, if its cost grew with the square of its length."""
    pages = ("<blockquote>" * 40_000 + "x<br>" * 100_000, "<b>x</b>" * 120_000, "p " * 500_000, "##-" * 300_000)
    bodies = [("html", page) for page in pages] + [
        ("html", f"<style>{page[:400_000]}</style>{'x ' * 5000}") for page in pages
    ]
    for kind, body in [*bodies, ("plain; format=flowed", "a \n" * 300_000)]:
        raw = mails.mail(f"{mails.head(invited)}Content-Type: text/{kind}\r\n", body.encode())
        assert receive_reply(raw).reason == "the chat refuses it (too_long)"


def test_lines_that_a_program_broke_are_joined(invited: Original, room: Any) -> None:
    body = "A sentence that was \nbroken.\nA new line.\n\n-- \nJuwon\n"
    kind = "Content-Type: text/plain; format=flowed\r\n"
    receive_reply(mails.mail(mails.head(invited) + kind, body.encode()))
    assert texts(room) == ["A sentence that was broken.\nA new line."]


def test_answers_between_quoted_lines_stay_with_them(invited: Original, room: Any) -> None:
    asked = mails.quoted(invited.text).replace("> I can come at 5.", "Yes.\n> I can come at 5.\nPlease do.")
    kind = "Content-Type: text/plain; charset=utf-8\r\n"
    receive_reply(mails.mail(mails.head(invited) + kind, f"See below.\n\n{asked}\n".encode()))
    (text,) = texts(room)
    assert text.startswith("See below.\n\n")
    assert text.endswith("> Is it still there?\nYes.\n> I can come at 5.\nPlease do.")
    assert "##-" not in text


@pytest.mark.parametrize(
    "text",
    [
        "About the price:",
        "I wrote to chat@chat.example:",
        "Time: 5\nPlace: the station",
        "> You asked that\nYes",
        "-- not a signature",
        "##- one",
    ],
)
def test_what_only_looks_like_a_quotation_is_kept(invited: Original, room: Any, text: str) -> None:
    receive_reply(mails.plain(invited, f"{text}\n\n{mails.quoted(invited.text)}"))
    assert texts(room) == [text]


def test_without_the_line_of_the_chat_the_whole_text_is_kept(invited: Original, room: Any) -> None:
    receive_reply(mails.plain(invited, "Yes\n\nOn Monday Chat wrote:\n> Is it still there?"))
    assert texts(room) == ["Yes\n\nOn Monday Chat wrote:\n> Is it still there?"]


def test_no_address_that_acts_for_the_person_reaches_the_peer(invited: Original, room: Any) -> None:
    whole = invited.text.partition("-##")[2]
    (secret,) = re.findall(r"https://\S+/unsubscribe/\S+", whole)
    passed_on = f"https://links.example/?url={quote(secret, safe='')}&data=1"
    receive_reply(mails.plain(invited, f"Yes\n{secret}\n<mailto:{invited.reply_to}>\n{passed_on}\n{whole}"))
    (text,) = texts(room)
    assert "/unsubscribe/" in invited.text
    assert "Is it still there?" in text
    assert "unsubscribe" not in text
    assert invited.reply_to not in text


@pytest.mark.parametrize(
    "written", ["mailto:{}?subject=x", "mailto:{quoted}", "*{}*", "Reply-To:{}", "https://links.example/?to={quoted}"]
)
def test_an_address_for_replies_is_not_passed_on_in_any_form(invited: Original, room: Any, written: str) -> None:
    address = invited.reply_to
    receive_reply(mails.plain(invited, f"Yes, see {written.format(address, quoted=quote(address, safe=''))} here"))
    assert texts(room) == ["Yes, see … here"]


def test_comments_and_tags_without_an_end_are_no_text(invited: Original, room: Any) -> None:
    page = b"<p>a <!-- not <b>this</b> --> b</p><p>1 < 2 <b>c</b></p><p>d</p><!-- <p>nor this</p>"
    receive_reply(mails.mail(f"{mails.head(invited)}Content-Type: text/html\r\n", page))
    assert texts(room) == ["a b\n\n1 < 2 c\n\nd"]


def test_a_header_that_cannot_be_read_is_none(invited: Original, room: Any) -> None:
    raw = mails.plain(invited, "Yes")
    assert receive_reply(b"Cc: " + b"(" * 3000 + b"\r\n" + raw).message is not None
    assert texts(room) == ["Yes"]


@pytest.mark.parametrize(
    ("results", "is_taken"),
    [
        (["mx.chat.example; dmarc=pass"], True),
        (["mx.chat.example; dmarc=fail"], False),
        # A filter of the same server has added its own result above.
        (["mx.chat.example (filter); dkim=pass", "mx.chat.example; dmarc=fail"], False),
        (["mx.chat.example; dmarc=pass", "relay.example; dmarc=fail"], True),
    ],
)
def test_what_the_sites_own_server_calls_forged_is_dropped(
    invited: Original, room: Any, results: list[str], is_taken: bool
) -> None:
    headers = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    receive_reply(headers.encode() + mails.plain(invited, "Yes"))
    assert bool(texts(room)) is is_taken


# The address and the mail that invites


def test_the_mail_invites_to_reply_and_says_where(invited: Original) -> None:
    assert invited.text.startswith("##- Reply above this line -##\n")
    assert "##- Reply above this line -##" in invited.html
    local_part, _, domain = invited.reply_to.partition("@")
    assert local_part.startswith("reply+")
    assert len(local_part) <= 64
    assert domain == "chat.example"


def test_no_mail_invites_while_it_is_off(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "REPLY_ADDRESS": ""}
    write(room, addresses.minji)
    invited = told(smtp)
    assert invited.reply_to == ""
    assert "##-" not in invited.text + invited.html


def test_a_mail_about_several_rooms_has_an_address_beside_each(room: Any, addresses: People, smtp: SmtpServer) -> None:
    other = open_room(addresses.minji, addresses.juwon, make_topic("Wallet"))
    write(room, addresses.minji)
    write(other, addresses.minji)
    invited = told(smtp)
    assert invited.reply_to == ""
    assert "##-" not in invited.text + invited.html
    found = [line.rpartition(" ")[2] for line in invited.text.split("\n") if line.startswith("Answer by mail: ")]
    assert [f'href="mailto:{address}"' in invited.html for address in found] == [True, True]
    for number, address in enumerate(found):
        receive_reply(mails.plain(invited, f"to {number}", To=address))
    assert texts(room) + texts(other) in (["to 0", "to 1"], ["to 1", "to 0"])


def test_an_address_is_the_same_in_any_case_and_to_the_envelope(invited: Original, room: Any) -> None:
    receive_reply(mails.plain(invited, "one", message_id="<1@e>", To=invited.reply_to.upper()))
    receive_reply(
        mails.plain(invited, "two", message_id="<2@e>", To="undisclosed-recipients:;"), recipient=invited.reply_to
    )
    receive_reply(mails.plain(invited, "three", message_id="<3@e>", To="x@y.example", Delivered_To=invited.reply_to))
    assert texts(room) == ["one", "two", "three"]


def test_a_domain_of_its_own_works_as_well(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "REPLY_ADDRESS": "{token}@reply.example"}
    write(room, addresses.minji)
    receive_reply(mails.gmail_web(told(smtp), TEXT))
    assert texts(room) == [TEXT]


def test_a_changed_key_keeps_addresses_as_long_as_it_is_a_fallback(invited: Original, room: Any, settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    receive_reply(mails.plain(invited, "one"))
    settings.SECRET_KEY_FALLBACKS = []
    assert receive_reply(mails.plain(invited, "two", message_id="<2@e>")).reason == "its address is forged"
    assert texts(room) == ["one"]


def test_nobody_gets_an_address_for_a_room_in_which_they_may_not_write(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{__name__}.SilentPolicy"}
    write(room, None, "The parcel has arrived.")
    smtp.mails.clear()
    sweep()
    assert {mails.original(raw).reply_to for raw in smtp.mails} == {""}


class SilentPolicy(ShowingPolicy):
    """Nobody may write, as in rooms in which only the system does."""

    def can_send(self, user: Any, peer: Any, room: Any) -> bool:
        return False

    def can_send_in(self, user: Any, rooms: Any) -> Any:
        return []


# The same mail again


def test_the_same_mail_twice_is_one_message(invited: Original, room: Any) -> None:
    first = receive_reply(mails.gmail_web(invited, TEXT))
    again = receive_reply(mails.gmail_web(invited, TEXT, Received="from elsewhere"))
    assert texts(room) == [TEXT]
    assert first.message is not None
    assert again.message == first.message


def test_the_same_text_in_two_mails_is_two_messages(invited: Original, room: Any) -> None:
    for number in (1, 2):
        receive_reply(mails.gmail_web(invited, "ok", message_id=f"<{number}@example.com>"))
    assert texts(room) == ["ok", "ok"]


def test_a_mail_without_an_id_is_known_by_what_it_says(invited: Original, room: Any) -> None:
    for at in ("Mon, 30 Nov 2026 13:30:00 +0900", "Mon, 30 Nov 2026 13:31:00 +0900"):
        for received in ("by one", "by another"):
            receive_reply(mails.gmail_web(invited, "ok", message_id="", Date=at, Received=received))
    assert texts(room) == ["ok", "ok"]


def test_another_text_under_the_same_id_is_dropped(invited: Original, room: Any, smtp: SmtpServer) -> None:
    receive_reply(mails.gmail_web(invited, "one"))
    assert receive_reply(mails.gmail_web(invited, "two")).message is None
    assert texts(room) == ["one"]
    assert smtp.mails == []


# What the room allows


def test_a_reply_is_sent_as_by_the_person_on_a_page(invited: Original, room: Any, addresses: People) -> None:
    message = receive_reply(mails.gmail_web(invited, TEXT)).message
    assert message is not None
    assert message.sent_by(addresses.juwon)
    assert message.kind == "text"


def test_what_the_mail_has_shown_is_read_and_what_came_later_is_not(
    invited: Original, room: Any, addresses: People
) -> None:
    receive_reply(mails.plain(invited, "one"))
    room.refresh_from_db()
    assert room.side(addresses.juwon).unread == 0
    send(room, addresses.minji, "Wait!")
    receive_reply(mails.plain(invited, "two", message_id="<2@example.com>"))
    room.refresh_from_db()
    assert room.side(addresses.juwon).has_unread
    assert room.side(addresses.juwon).read == room.head - 2


def test_what_the_mail_has_not_shown_stays_unread(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": "django_pairchat.policy.Policy"}
    write(room, addresses.minji)
    receive_reply(mails.plain(told(smtp), "I read it later"))
    room.refresh_from_db()
    assert room.side(addresses.juwon).has_unread
    assert room.side(addresses.juwon).read == 0


def test_after_a_reply_the_next_mail_does_not_wait_for_an_hour(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    # Nothing is read by it.
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": "django_pairchat.policy.Policy"}
    write(room, addresses.minji)
    receive_reply(mails.plain(told(smtp), "Yes"))
    write(room, addresses.minji, "When?")
    sweep()
    assert [mails.original(raw).subject for raw in smtp.mails] == ["New message from Minji"]
    # Without a reply, it rests.
    write(room, addresses.minji, "Well?")
    sweep()
    assert len(smtp.mails) == 1


def said(smtp: SmtpServer) -> list[str]:
    """What the mails say that were sent since the invitation, without the address of the room."""
    found = []
    for raw in smtp.mails:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert message["To"] == "juwon@example.com"
        assert message["Auto-Submitted"] == "auto-replied"
        assert message["Reply-To"] is None
        found.append(f"{str(message['Subject']).strip()}: {message.get_content().splitlines()[0]}")
    return found


def test_a_blocked_person_is_told_once(invited: Original, room: Any, addresses: People, smtp: SmtpServer) -> None:
    change_settings(addresses.minji, room, blocked=True)
    results = [receive_reply(mails.plain(invited, "Hello?", message_id=f"<{number}@e>")) for number in (1, 2)]
    assert texts(room) == []
    assert [result.is_told for result in results] == [True, False]
    assert said(smtp) == ["Your reply was not sent: This is not possible in this chat."]


def test_what_is_too_long_is_not_cut_but_refused(invited: Original, room: Any, smtp: SmtpServer) -> None:
    receive_reply(mails.gmail_web(invited, "x" * 4001))
    assert texts(room) == []
    assert said(smtp) == ["Your reply was not sent: This text is too long."]


class StrictPolicy(ShowingPolicy):
    """A word that is not allowed, and a second address."""

    def check_content(self, user: Any, room: Any, content: str) -> None:
        if "bank account" in content:
            raise Rejected

    def may_reply_from(self, user: Any, address: str) -> bool:
        return address == "juwon@work.example"


def test_the_policy_of_the_host_decides(invited: Original, room: Any, smtp: SmtpServer, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{__name__}.StrictPolicy"}
    receive_reply(mails.plain(invited, "my bank account", From="juwon@work.example"))
    receive_reply(mails.plain(invited, "Yes", From="juwon@work.example", message_id="<2@e>"))
    assert texts(room) == ["Yes"]
    assert said(smtp) == ["Your reply was not sent: This text is not allowed here."]


class HoldingPolicy(ShowingPolicy):
    def review(self, user: Any, room: Any, content: str) -> Verdict:
        return Hold() if "bank account" in content else Allow()


def test_a_reply_that_is_held_is_told_to_nobody_and_held_once(
    invited: Original, room: Any, smtp: SmtpServer, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{__name__}.HoldingPolicy"}
    results = [receive_reply(mails.plain(invited, "my bank account")) for _ in range(2)]
    assert [(result.message, result.is_told) for result in results] == [(None, False)] * 2
    (held,) = HeldMessage.objects.all()
    assert held.content == "my bank account"
    assert (texts(room), said(smtp)) == ([], [])
    release_held(held)
    assert receive_reply(mails.plain(invited, "my bank account")).message.content == "my bank account"
    assert texts(room) == ["my bank account"]


def test_a_person_who_writes_too_fast_is_put_off_and_loses_nothing(invited: Original, room: Any, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SENDS_PER_MINUTE": 1, "SEND_BURST": 1}
    raw = [mails.plain(invited, text, message_id=f"<{text}@example.com>") for text in ("one", "two")]
    receive_reply(raw[0])
    with pytest.raises(RateLimited):
        receive_reply(raw[1])
    rate_limiter().reset()
    cache.clear()
    receive_reply(raw[1])
    assert texts(room) == ["one", "two"]


def test_an_archived_chat_comes_back_for_the_peer(invited: Original, room: Any, addresses: People) -> None:
    change_settings(addresses.minji, room, archived=True)
    receive_reply(mails.plain(invited, "Yes"))
    room.refresh_from_db()
    assert not room.side(addresses.minji).archived


# Whose mail it is


def test_a_mail_from_another_address_is_refused_and_its_owner_told(
    invited: Original, room: Any, smtp: SmtpServer
) -> None:
    receive_reply(mails.plain(invited, "It is me", From="Juwon <juwon@elsewhere.example>"))
    assert texts(room) == []
    sentence = "Replies are accepted from juwon@example.com only, but one came from another address."
    assert said(smtp) == [f"Your reply was not sent: {sentence}"]


@pytest.mark.parametrize(
    ("account", "sender", "expected"),
    [
        ("juwon@example.com", "JuWon@Example.COM", ["Yes"]),
        ("juwon+chat@example.com", "juwon@example.com", ["Yes"]),
        ("juwon+chat@example.com", "juwon+chat@example.com", ["Yes"]),
        ("juwon@example.com", "juwon+chat@example.com", []),
        ("", "juwon@example.com", []),
    ],
)
def test_addresses_are_compared_as_people_mean_them(
    invited: Original, room: Any, account: str, sender: str, expected: list[str]
) -> None:
    juwon = room.user2 if room.user2.email == mails.WRITER else room.user1
    juwon.email = account
    juwon.save()
    receive_reply(mails.plain(invited, "Yes", From=sender))
    assert texts(room) == expected


def test_an_old_address_is_refused(
    invited: Original, room: Any, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = 24 * 60 * 60
    for days, expected in ((30, ["30"]), (32, ["30"])):
        monkeypatch.setattr(
            "django_pairchat.notifications.replies.address.time.time", lambda days=days: NOW + days * day
        )
        receive_reply(mails.plain(invited, str(days), message_id=f"<{days}@example.com>"))
        assert texts(room) == expected
    assert said(smtp) == [
        "Your reply was not sent: The mail that you replied to is too old. Write in the chat instead."
    ]


@pytest.mark.parametrize(
    "change", [lambda token: "a" * len(token), lambda token: token[::-1], lambda token: token[:20]]
)
def test_a_forged_address_is_dropped(invited: Original, room: Any, smtp: SmtpServer, change: Any) -> None:
    local_part, _, domain = invited.reply_to.partition("@")
    prefix, _, token = local_part.partition("+")
    result = receive_reply(mails.plain(invited, "Hi", To=f"{prefix}+{change(token)}@{domain}"))
    assert result.reason == "its address is forged"
    assert texts(room) == []
    assert smtp.mails == []


def test_no_address_is_one_of_another_side(invited: Original, room: Any, addresses: People) -> None:
    """Each bit of it is signed."""
    local_part, _, domain = invited.reply_to.partition("@")
    for number, letter in enumerate(local_part[6:], 6):
        other = f"{local_part[:number]}{'a' if letter != 'a' else 'b'}{local_part[number + 1 :]}@{domain}"
        receive_reply(mails.plain(invited, "Hi", To=other))
    # The last letter stands for fewer bits than it has.
    assert len(texts(room)) <= 1


def test_a_deleted_and_an_inactive_account_are_dropped(
    invited: Original, room: Any, addresses: People, smtp: SmtpServer
) -> None:
    addresses.juwon.is_active = False
    addresses.juwon.save()
    gone = "the room or the account is gone"
    assert receive_reply(mails.plain(invited, "Hi")).reason == gone
    addresses.juwon.delete()
    assert receive_reply(mails.plain(invited, "Hi")).reason == gone
    room.delete()
    assert receive_reply(mails.plain(invited, "Hi")).reason == gone
    assert smtp.mails == []


# What no person wrote as a reply


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=vacation"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Out of office"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"List_Id": "<people.example.com>"},
        {"List_Unsubscribe": "<mailto:leave@example.com>"},
        {"Return_Path": "<>"},
        {"Return_Path": "", "From": "MAILER-DAEMON@example.com"},
        {"From": "Postmaster <postmaster@example.com>"},
        {"X_Failed_Recipients": "juwon@example.com"},
        {"From": "Chat <chat@chat.example>"},
        {"From": "reply+aaaabbbb@chat.example"},
        {"From": "juwon@example.com, minji@example.com"},
        {"From": ""},
        {"X_Spam_Flag": "YES"},
        {"Authentication_Results": "mail.chat.example; spf=pass; dmarc=fail (p=NONE) header.from=example.com"},
    ],
    ids=" ".join,
)
def test_a_mail_that_is_no_reply_of_a_person_is_dropped_silently(
    invited: Original, room: Any, smtp: SmtpServer, headers: dict[str, str]
) -> None:
    result = receive_reply(mails.plain(invited, "I am away until Monday.", **headers))
    assert result.message is None
    assert not result.is_told
    assert texts(room) == []
    assert smtp.mails == []


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "no"}, {"Precedence": "normal"}, {"X_Spam_Flag": "NO"}])
def test_a_mail_whose_headers_only_resemble_those_is_sent(
    invited: Original, room: Any, headers: dict[str, str]
) -> None:
    receive_reply(mails.plain(invited, "Yes", **headers))
    assert texts(room) == ["Yes"]


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_a_mail_from_nobody_is_dropped(invited: Original, room: Any, sender: str) -> None:
    assert receive_reply(mails.plain(invited, "Undeliverable"), sender=sender).reason == "it is a bounce"
    assert texts(room) == []


def test_a_report_of_a_mail_server_is_dropped(invited: Original, room: Any) -> None:
    parts = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n--r\r\n\r\nNot delivered\r\n'
        "--r\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n\r\n--r--\r\n"
    )
    assert receive_reply((mails.head(invited) + parts).encode()).reason == "it is a bounce"
    assert texts(room) == []


def test_our_own_mail_that_comes_back_is_dropped(room: Any, addresses: People, smtp: SmtpServer) -> None:
    write(room, addresses.minji)
    sweep()
    (raw,) = smtp.mails
    smtp.mails.clear()
    invited = mails.original(raw)
    # Somebody forwards it to where it came from, with the headers as they were.
    result = receive_reply(raw, sender="juwon@example.com", recipient=invited.reply_to)
    assert result.reason == "it was sent by a program"
    assert smtp.mails == []


# Mails that hold less, or more, than a text


@pytest.mark.parametrize("program", [mails.gmail_web, mails.naver, mails.outlook_english])
def test_a_reply_without_a_text_is_told(invited: Original, room: Any, smtp: SmtpServer, program: Program) -> None:
    receive_reply(program(invited, ""))
    assert texts(room) == []
    assert said(smtp) == ["Your reply was not sent: There was no text above the quoted mail."]


EMPTY_HTML = b"--x\r\n\r\nthe text\r\n--x\r\nContent-Type: text/html\r\n\r\n<html><p>&nbsp;</html>\r\n--x--\r\n"
FILE = 'Content-Type: image/jpeg; name="a.jpg"\r\nContent-Disposition: {}; filename="a.jpg"\r\n\r\n/9j/\r\n'


def mixed(to: Original, text: str, disposition: str) -> bytes:
    begin = f'{mails.head(to)}Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n\r\n{text}\r\n--m\r\n'
    return f"{begin}{FILE.format(disposition)}--m\r\n\r\nand more\r\n--m--\r\n".encode()


def test_files_are_left_out_and_the_person_is_told(invited: Original, room: Any, smtp: SmtpServer) -> None:
    receive_reply(mixed(invited, "A photo", "attachment"))
    receive_reply(mixed(invited, "A photo", "attachment"))
    # Apple Mail puts a picture between two texts.
    assert texts(room) == ["A photo\nand more"]
    assert said(smtp) == [
        "Your files were not sent: Files are not taken over from mails. Send them in the chat instead."
    ]


def test_a_picture_of_a_signature_is_no_file(invited: Original, room: Any, smtp: SmtpServer) -> None:
    receive_reply(mixed(invited, "Yes", "inline"))
    assert texts(room) == ["Yes\nand more"]
    assert smtp.mails == []


def test_a_very_large_mail_is_refused_by_its_headers(
    invited: Original, room: Any, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_pairchat.notifications.replies.incoming.LARGEST_BYTES", 5000)
    receive_reply(mails.plain(invited, "x" * 5000))
    assert texts(room) == []
    assert said(smtp) == ["Your reply was not sent: This is too large."]


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ("Content-Type: text/plain; charset=windows-949\r\n", "똠방각하".encode("cp949"), "똠방각하"),
        ("Content-Type: text/plain; charset=ks_c_5601-1987\r\n", "펲시".encode("cp949"), "펲시"),
        ("Content-Type: text/plain; charset=unknown-8bit\r\n", "안녕".encode("cp949"), "안녕"),
        ('Content-Type: text/plain; charset="no such"\r\n', "안녕".encode(), "안녕"),
        ("Content-Type: text/plain; charset=utf-8\r\n", "안녕".encode()[:-1] + b"!", "안�!"),
        ("Content-Type: text/plain; charset=iso-2022-jp\r\n", "こんにちは".encode("iso2022_jp"), "こんにちは"),
        ("Content-Type: text/plain; charset=punycode\r\n", "안녕".encode(), "안녕"),
        ("Content-Type: text/plain; charset=base64\r\n", "안녕".encode(), "안녕"),
        ('Content-Type: multipart/alternative; boundary="x"\r\n', EMPTY_HTML, "the text"),
        ("Content-Transfer-Encoding: base64\r\n", b"not base64 at all!", None),
        ("Content-Type: multipart/mixed\r\n", b"no boundary", None),
        ('Content-Type: multipart/mixed; boundary="x"\r\n', b"--x\r\n\r\nnever closed", "never closed"),
        ("Content-Type: text/html\r\n", b"<p>Open <b>tags<br><div>&amp; &#44256;&#xd800;", "Open tags\n& 고�"),
        ("Content-Type: \xff\r\n".encode().decode(), b"hello", "hello"),
        ("Content-Type: text/plain; charset*0*=\r\n", b"hello", "hello"),
        ("Subject: =?utf-8?B?////?=\r\nTo: =?x?=\r\n", b"hello", "hello"),
    ],
)
def test_a_broken_mail_is_read_as_far_as_it_goes(
    invited: Original, room: Any, headers: str, body: bytes, expected: str | None
) -> None:
    receive_reply(mails.mail(mails.head(invited) + headers, body))
    if expected is not None:
        assert texts(room) == [expected]


def test_parts_within_parts_without_end_are_no_failure(invited: Original, room: Any) -> None:
    nested = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(3000))
    assert receive_reply((mails.head(invited) + nested + "\r\nDeep").encode()).message is None
    assert texts(room) == []


@given(st.binary(max_size=300), st.sampled_from(["", "Content-Type: text/html\r\n", "Content-Type: multipart/x\r\n"]))
@settings_of_hypothesis(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_are_a_failure(noise: bytes, kind: str) -> None:
    with suppress(Unreadable):
        mail = IncomingMail.parse(noise[:60] + kind.encode() + b"\r\n" + noise)
        assert isinstance(mail.text, str)
        assert isinstance(mail.has_files, bool)
        assert isinstance(mail.recipients, list)
        assert isinstance(reason_to_drop(mail, None), str)


def test_a_mail_that_cannot_be_sent_about_a_refusal_changes_nothing(
    invited: Original, room: Any, settings: Any
) -> None:
    use_mail_server(settings, 1)
    result = receive_reply(mails.plain(invited, "Hi", From="x@elsewhere.example"))
    assert not result.is_told


def test_it_is_told_in_the_language_of_the_person(
    invited: Original, room: Any, addresses: People, smtp: SmtpServer
) -> None:
    change_notification_settings(addresses.juwon, language="ko")
    receive_reply(mails.gmail_web(invited, ""))
    assert said(smtp) == ["답장을 보내지 못했어요: 인용된 메일 위에 쓴 내용이 없어요."]
