"""The mail as it leaves, byte by byte, at a real SMTP server."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from django_pairchat.notifications.mail import MailNotifier
from django_pairchat.notifications.models import RoomNotice
from django_pairchat.notifications.notifiers import News
from django_pairchat.notifications.services import change_notification_settings, notification_settings, sweep
from django_pairchat.policy import Policy, Profile
from django_pairchat.services import open_room
from tests.conftest import People
from tests.support.people import make_topic

from .conftest import ShowingPolicy, SmtpServer, begin_sweeping, make_due, use_mail_server, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _swept_before(addresses: People, smtp: SmtpServer) -> None:
    begin_sweeping()


def show_texts(settings: Any, policy: type[Policy] = ShowingPolicy) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{policy.__module__}.{policy.__name__}"}


def parsed(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parts(mail: bytes) -> tuple[str, str]:
    message = parsed(mail)
    text, page = message.get_body(["plain"]), message.get_body(["html"])
    assert text is not None
    assert page is not None
    return str(text.get_content()), str(page.get_content())


def header_lines(mail: bytes) -> dict[str, bytes]:
    """Each header as it was sent, unfolded as a receiver does, by its name in lower case."""
    head = mail.partition(b"\r\n\r\n")[0]
    lines = re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")
    return {name.decode().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}


def test_a_mail_says_of_which_site_it_is(room: Any, addresses: People, smtp: SmtpServer) -> None:
    write(room, addresses.minji)
    make_due()
    sweep()
    for text in parts(smtp.mails[0]):
        assert "because you have unread messages on chat.example." in text


def test_technical_headers_leave_as_they_are(room: Any, addresses: People, smtp: SmtpServer) -> None:
    write(room, addresses.minji)
    sweep()
    (mail,) = smtp.mails
    headers = header_lines(mail)
    address = rb"<https://chat\.example/chat/notifications/unsubscribe/[\w:-]+/>"
    assert re.fullmatch(address, headers["list-unsubscribe"])
    assert len(headers["list-unsubscribe"]) > 78
    assert headers["list-unsubscribe-post"] == b"List-Unsubscribe=One-Click"
    assert re.fullmatch(rb"<[0-9a-f]{32}@chat\.example>", headers["message-id"])
    assert re.fullmatch(rb"<[0-9a-f]{32}@chat\.example>", headers["references"])
    assert headers["auto-submitted"] == b"auto-generated"
    assert headers["to"] == b"juwon@example.com"
    assert headers["from"] == b"Chat <chat@chat.example>"


def test_no_line_is_longer_than_mail_allows(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    show_texts(settings)
    for number in range(18):
        other = open_room(addresses.minji, addresses.juwon, make_topic(f"Topic {number}"))
        write(other, addresses.minji, "a" * 3900)
    sweep()
    (mail,) = smtp.mails
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert len(header_lines(mail)["references"].split()) == 18


def test_a_long_domain_makes_no_line_too_long(addresses: People, smtp: SmtpServer, settings: Any) -> None:
    domain = ".".join(["d" * 60] * 4)
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "MAIL_FROM": f"chat@{domain}"}
    for number in range(18):
        write(open_room(addresses.minji, addresses.juwon, make_topic(f"Topic {number}")), addresses.minji)
    sweep()
    (mail,) = smtp.mails
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    names = header_lines(mail)["references"].split()
    assert [re.fullmatch(rf"<[0-9a-f]{{32}}@{re.escape(domain)}>".encode(), name) is not None for name in names] == [
        True
    ] * 18


class PlainNotifier(MailNotifier):
    """A host's own, with fewer headers and one of its own spelling."""

    def headers(self, news: News) -> dict[str, str]:
        address = super().headers(news)["List-Unsubscribe"]
        return {"list-unsubscribe": address, "X-Shop": "Wallets"}


def test_a_host_chooses_the_headers(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    paths = [f"{__name__}.PlainNotifier"]
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "NOTIFIERS": paths}
    write(room, addresses.minji)
    assert sweep().told == 1
    headers = header_lines(smtp.mails[0])
    assert headers["x-shop"] == b"Wallets"
    assert re.fullmatch(
        rb"<https://chat\.example/chat/notifications/unsubscribe/[\w:-]+/>", headers["list-unsubscribe"]
    )
    assert "references" not in headers


def test_the_mail_says_who_wrote_about_what_but_not_the_text(addresses: People, smtp: SmtpServer) -> None:
    topic = make_topic("Lost: <b>wallet</b>")
    room = open_room(addresses.minji, addresses.juwon, topic)
    write(room, addresses.minji, "the secret is 4711")
    sweep()
    text, page = parts(smtp.mails[0])
    assert parsed(smtp.mails[0])["Subject"] == "New message from Minji"
    assert "Lost: <b>wallet</b>" in text
    assert "Lost: &lt;b&gt;wallet&lt;/b&gt;" in page
    assert "4711" not in text + page
    assert f"https://chat.example/chat/rooms/{room.pk}/" in text
    assert f'href="https://chat.example/chat/rooms/{room.pk}/"' in page


def test_texts_are_in_it_if_the_policy_says_so(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    show_texts(settings)
    write(
        room,
        addresses.minji,
        "<script>alert(1)</script> & 😀",
    )
    sweep()
    text, page = parts(smtp.mails[0])
    assert "<script>alert(1)</script> & 😀" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 😀" in page


def test_what_the_system_writes_is_not_announced_as_the_peers(room: Any, addresses: People, smtp: SmtpServer) -> None:
    write(room, None, "The parcel is on its way.")
    sweep()
    juwons = next(mail for mail in smtp.mails if parsed(mail)["To"] == "juwon@example.com")
    assert parsed(juwons)["Subject"] == "New message in the chat with Minji"
    assert all("New message in the chat with Minji" in part for part in parts(juwons))
    smtp.mails.clear()
    write(room, addresses.minji)
    write(room, None, "The parcel has arrived.")
    make_due()
    RoomNotice.objects.update(told_at=None)
    sweep()
    juwons = next(mail for mail in smtp.mails if parsed(mail)["To"] == "juwon@example.com")
    assert parsed(juwons)["Subject"] == "2 new messages in the chat with Minji"


def test_the_topic_is_called_as_it_is_now(addresses: People, smtp: SmtpServer) -> None:
    topic = make_topic("Wallet")
    room = open_room(addresses.minji, addresses.juwon, topic)
    write(room, addresses.minji)
    type(topic).objects.filter(pk=topic.pk).update(name="Purse")
    sweep()
    assert all("About: Purse" in part for part in parts(smtp.mails[0]))


class ElsewherePolicy(Policy):
    """Pictures on a server of their own, by an address without a scheme."""

    def profiles(self, users: Any) -> dict[Any, Profile]:
        return {user: Profile("Minji", avatar="//media.example/minji.png") for user in users}


def test_a_picture_may_be_on_another_server(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    show_texts(settings, ElsewherePolicy)
    write(room, addresses.minji)
    sweep()
    assert 'src="https://media.example/minji.png"' in parts(smtp.mails[0])[1]


class LoudPolicy(ShowingPolicy):
    """Names that no header can have as they are, and pictures."""

    def profiles(self, users: Any) -> dict[Any, Profile]:
        return {user: Profile("민지\r\nBcc: all@example.com", avatar="/media/minji.png") for user in users}


def test_a_name_cannot_add_a_header(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    show_texts(settings, LoudPolicy)
    write(room, addresses.minji)
    sweep()
    (mail,) = smtp.mails
    assert "bcc" not in header_lines(mail)
    # Django 5.2 begins the line after that of the header's name.
    assert parsed(mail)["Subject"].strip() == "New message from 민지 Bcc: all@example.com"
    assert 'src="https://chat.example/media/minji.png"' in parts(mail)[1]


def test_it_is_in_the_language_and_the_time_zone_of_the_reader(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    show_texts(settings)
    change_notification_settings(addresses.juwon, language="ko", time_zone="Asia/Seoul")
    message = write(room, addresses.minji)
    message.refresh_from_db()
    sweep()
    (mail,) = smtp.mails
    text, page = parts(mail)
    person = notification_settings(addresses.juwon)
    with person.speaking(), person.at_home():
        shown = date_format(timezone.localtime(message.created_at), "SHORT_DATETIME_FORMAT")
    name = ShowingPolicy().profile(addresses.minji).name
    assert parsed(mail)["Subject"].strip() == f"{name}님의 새 메시지 1개"
    assert '<html lang="ko" dir="ltr">' in page
    assert shown in text


def test_mails_about_a_room_are_one_thread_and_each_has_its_own_id(
    room: Any, addresses: People, smtp: SmtpServer
) -> None:
    write(room, addresses.minji)
    sweep()
    write(room, addresses.minji)
    sweep()
    make_due()
    sweep()
    first, second = map(header_lines, smtp.mails)
    assert first["references"] == second["references"]
    assert first["message-id"] != second["message-id"]


def test_the_same_news_have_the_same_id(room: Any, addresses: People, smtp: SmtpServer) -> None:
    write(room, addresses.minji)
    sweep()
    RoomNotice.objects.update(notified_seq=0)
    make_due()
    RoomNotice.objects.update(due_at=RoomNotice.objects.get().told_at)
    sweep()
    first, second = map(header_lines, smtp.mails)
    assert first["message-id"] == second["message-id"]


# A server that does not take it


def both_are_waiting(addresses: People, room: Any) -> None:
    write(room, addresses.minji, minutes_ago=20)
    write(open_room(addresses.juwon, addresses.stranger), addresses.juwon)


def receivers(smtp: SmtpServer) -> list[str]:
    return [str(parsed(mail)["To"]) for mail in smtp.mails]


def test_an_address_that_is_refused_for_good_is_given_up_and_the_others_get_theirs(
    room: Any, addresses: People, smtp: SmtpServer
) -> None:
    both_are_waiting(addresses, room)
    smtp.refused["juwon@example.com"] = "550 No such user"
    sweep()
    make_due()
    sweep()
    assert receivers(smtp) == ["stranger@example.com"]
    assert not RoomNotice.objects.exclude(due_at=None).exists()


def test_an_address_that_is_refused_for_now_gets_it_later(room: Any, addresses: People, smtp: SmtpServer) -> None:
    both_are_waiting(addresses, room)
    smtp.refused["juwon@example.com"] = "451 Try again later"
    sweep()
    assert receivers(smtp) == ["stranger@example.com"]
    smtp.refused.clear()
    make_due()
    sweep()
    assert receivers(smtp) == ["stranger@example.com", "juwon@example.com"]


def test_a_server_that_is_away_loses_nothing(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    both_are_waiting(addresses, room)
    use_mail_server(settings, 1)
    assert sweep().unavailable == ["mail"]
    use_mail_server(settings, smtp.port)
    make_due()
    sweep()
    assert sorted(receivers(smtp)) == ["juwon@example.com", "stranger@example.com"]


def get_theirs_later(addresses: People, smtp: SmtpServer, settings: Any) -> bool:
    """Whether both people get their mail when everything works again."""
    use_mail_server(settings, smtp.port)
    make_due()
    sweep()
    return sorted(receivers(smtp)) == ["juwon@example.com", "stranger@example.com"]


def test_a_server_with_a_certificate_that_is_not_valid_is_away(
    room: Any, addresses: People, smtp: SmtpServer, unknown_smtp: SmtpServer, settings: Any
) -> None:
    both_are_waiting(addresses, room)
    use_mail_server(settings, unknown_smtp.port, encrypted=True)
    assert sweep().unavailable == ["mail"]
    assert get_theirs_later(addresses, smtp, settings)


def test_a_server_that_refuses_the_sender_is_away(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    both_are_waiting(addresses, room)
    smtp.refused_sender = "550 5.7.1 Not your sender"
    assert sweep().unavailable == ["mail"]
    smtp.refused_sender = ""
    assert get_theirs_later(addresses, smtp, settings)


@pytest.mark.parametrize("sender", ["Chat <chat@ex ample.com>", "Chat <chat@chat.example>\r\nX: y"])
def test_a_sender_that_is_no_address_gives_nobody_up(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any, sender: str
) -> None:
    both_are_waiting(addresses, room)
    given = settings.PAIRCHAT_NOTIFICATIONS
    settings.PAIRCHAT_NOTIFICATIONS = {**given, "MAIL_FROM": sender}
    assert sweep().unavailable == ["mail"]
    settings.PAIRCHAT_NOTIFICATIONS = given
    assert get_theirs_later(addresses, smtp, settings)


@pytest.mark.parametrize("reply", ["554 5.7.1 Relay access denied", "530 Authentication required", "550 5.3.2 Closed"])
def test_a_server_that_refuses_everybody_gives_nobody_up(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any, reply: str
) -> None:
    both_are_waiting(addresses, room)
    smtp.refused = dict.fromkeys(["juwon@example.com", "stranger@example.com"], reply)
    assert sweep().refused == 0
    smtp.refused.clear()
    assert get_theirs_later(addresses, smtp, settings)


def test_a_text_that_is_refused_gives_nobody_up(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> None:
    both_are_waiting(addresses, room)
    smtp.after_data = "550 5.7.26 This sender is not authenticated"
    assert sweep().refused == 0
    smtp.after_data = ""
    smtp.mails.clear()
    assert get_theirs_later(addresses, smtp, settings)


def test_a_server_that_has_troubles_of_its_own_is_away(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    both_are_waiting(addresses, room)
    smtp.refused["juwon@example.com"] = "451 4.3.0 Temporary lookup failure"
    assert sweep().unavailable == ["mail"]
    smtp.refused.clear()
    assert get_theirs_later(addresses, smtp, settings)


def test_a_server_that_closes_the_connection_is_away(room: Any, addresses: People, smtp: SmtpServer) -> None:
    both_are_waiting(addresses, room)
    smtp.refused["juwon@example.com"] = "421 Too busy"
    assert sweep().unavailable == ["mail"]
    smtp.refused.clear()
    make_due()
    sweep()
    assert sorted(receivers(smtp)) == ["juwon@example.com", "stranger@example.com"]


def test_a_mail_that_is_not_acknowledged_is_sent_once_more_and_not_again(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    write(room, addresses.minji)
    for _ in range(4):
        smtp.hangs_up_at = "DATA"
        sweep()
        make_due()
        # What is known to have failed in between makes it no less.
        use_mail_server(settings, 1)
        sweep()
        make_due()
        use_mail_server(settings, smtp.port)
    first, second = map(header_lines, smtp.mails)
    assert first["message-id"] == second["message-id"]
    assert not RoomNotice.objects.get(user=addresses.juwon).attempts


def test_a_server_that_hangs_up_before_the_text_gives_nobody_up(
    room: Any, addresses: People, smtp: SmtpServer, settings: Any
) -> None:
    both_are_waiting(addresses, room)
    smtp.hangs_up_at = "MAIL"
    for _ in range(4):
        assert sweep().unavailable == ["mail"]
        make_due()
    smtp.hangs_up_at = ""
    assert get_theirs_later(addresses, smtp, settings)


def test_an_address_that_is_none_is_given_up(room: Any, addresses: People, smtp: SmtpServer) -> None:
    both_are_waiting(addresses, room)
    addresses.juwon.email = "no address\r\nat all"
    addresses.juwon.save()
    assert sweep().refused == 1
    assert receivers(smtp) == ["stranger@example.com"]


def test_a_person_without_an_address_is_not_told_later_what_was_missed(
    room: Any, addresses: People, smtp: SmtpServer
) -> None:
    address, addresses.juwon.email = addresses.juwon.email, ""
    addresses.juwon.save()
    write(room, addresses.minji)
    sweep()
    addresses.juwon.email = address
    addresses.juwon.save()
    sweep()
    assert smtp.mails == []
