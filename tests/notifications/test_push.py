"""Push messages as they leave: who gets them, what they say, and what the answers of push services lead to."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_pairchat.notifications import push_service
from django_pairchat.notifications.models import PushSubscription, RoomNotice
from django_pairchat.notifications.notifiers import News, RoomNews
from django_pairchat.notifications.push import PAYLOAD_BYTES, PushNotifier
from django_pairchat.notifications.services import change_notification_settings, notification_settings, sweep
from django_pairchat.notifications.subscriptions import add_device, is_allowed_endpoint, replace_endpoint
from django_pairchat.policy import Profile
from django_pairchat.services import mark_read, open_room
from tests.conftest import People
from tests.support.people import make_topic, make_user

from .conftest import ShowingPolicy, ago, begin_sweeping, free_port, make_due, write
from .push_service import OTHER_KEY, SUBJECT, Browser, PushService

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _swept_before(people: People, push: PushService) -> None:
    begin_sweeping()


def subscribed(user: Any, push: PushService, name: str = "phone") -> Browser:
    browser = Browser(push, name)
    add_device(user, **browser.fields)
    return browser


@pytest.fixture
def phone(people: People, push: PushService) -> Browser:
    return subscribed(people.juwon, push)


def endpoints() -> set[str]:
    return {endpoint.rpartition("/")[2] for endpoint in PushSubscription.objects.values_list("endpoint", flat=True)}


def news(user: Any, *rooms: RoomNews) -> News:
    return News(notification_settings(user), rooms)


# What is sent


def test_a_device_gets_what_only_it_can_read(people: People, room: Any, key: str, phone: Browser) -> None:
    write(room, people.minji)
    assert sweep().told == 1
    (shown,) = phone.notifications
    assert shown["title"] == "New message from Minji"
    assert "Is it still there?" not in str(shown)
    assert shown["navigate"] == f"https://chat.example/chat/rooms/{key}/"
    assert shown["data"] == {"user": str(people.juwon.pk), "room": key}
    assert shown["app_badge"] == "1"
    assert json.loads(phone.payloads[0])["web_push"] == 8030


def test_the_message_is_signed_and_says_how_to_treat_it(
    people: People, room: Any, phone: Browser, push: PushService
) -> None:
    write(room, people.minji)
    write(room, people.minji)
    sweep()
    RoomNotice.objects.update(told_at=ago(60))
    write(room, people.minji, minutes_ago=5)
    sweep()
    first, second = push.received
    assert (first.claims["sub"], first.claims["aud"]) == (SUBJECT, push.origin)
    assert first.headers["content-encoding"] == "aes128gcm"
    assert int(first.headers["ttl"]) > 0
    assert first.headers["urgency"] == "high"
    # The later one takes the place of the first, where that is still waiting for the device.
    assert first.headers["topic"] == second.headers["topic"]
    assert len(first.headers["topic"]) <= 32
    assert phone.notifications[0]["tag"] == phone.notifications[1]["tag"]


def test_the_text_is_in_it_only_if_the_policy_says_so(people: People, room: Any, phone: Browser, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{ShowingPolicy.__module__}.ShowingPolicy"}
    write(room, people.minji, "Is it\nstill there?")
    sweep()
    assert [shown["body"] for shown in phone.notifications] == ["Is it still there?"]


def test_the_message_is_in_the_language_of_its_reader(people: People, room: Any, phone: Browser) -> None:
    change_notification_settings(people.juwon, language="ko")
    write(room, people.minji)
    sweep()
    (shown,) = phone.notifications
    assert (shown["title"], shown["lang"]) == ("Minji님의 새 메시지 1개", "ko")


@pytest.mark.parametrize(
    "text",
    [
        "가나다라마바사" * 400,
        "각" * 2000,
        "각" * 1000,
        '"\\' * 1500,
        "\x01" * 800,
        "👨‍👩‍👧‍👦" * 300,
        "🇰🇷" * 500,
        "é" * 2000,
    ],
)
def test_long_names_and_texts_fit_and_are_cut_between_characters(
    people: People, room: Any, phone: Browser, settings: Any, text: str
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{ShowingPolicy.__module__}.ShowingPolicy"}
    message = write(room, people.minji)
    message.content = text
    peer = Profile(text, avatar="/a.png?" + "s" * 2500)
    PushNotifier().send(news(people.juwon, RoomNews(room, peer, 1, 1, [message])))
    (payload,) = phone.payloads
    assert len(payload) <= PAYLOAD_BYTES
    shown = json.loads(payload.decode())["notification"]
    assert shown["title"].endswith("…")
    assert shown["body"].endswith("…")
    # A joined picture or a flag is there as a whole, or not at all.
    body = shown["body"].removesuffix("…")
    assert body.count("👨") == body.count("👦")
    assert (body.count("🇰") + body.count("🇷")) % 2 == 0


def test_more_rooms_than_a_person_wants_to_see_are_told_at_once(people: People, phone: Browser) -> None:
    for number in range(4):
        write(open_room(people.minji, people.juwon, make_topic(f"Topic {number}")), people.minji)
    sweep()
    (shown,) = phone.notifications
    assert (shown["title"], shown["navigate"]) == ("New messages in 4 chats", "https://chat.example/chat/")
    assert shown["app_badge"] == "4"


def test_all_devices_of_a_person_are_told(people: People, room: Any, push: PushService) -> None:
    phone, desk = subscribed(people.juwon, push, "phone"), subscribed(people.juwon, push, "desk")
    write(room, people.minji)
    assert sweep().told == 1
    assert (len(phone.payloads), len(desk.payloads)) == (1, 1)


# Who is told


def test_a_message_waits_a_short_time_only(people: People, room: Any, phone: Browser) -> None:
    write(room, people.minji, minutes_ago=0.1)
    sweep()
    assert phone.payloads == []
    write(room, people.minji, minutes_ago=0.5)
    make_due()
    sweep()
    assert len(phone.payloads) == 1


def test_what_was_read_is_not_told(people: People, room: Any, key: str, phone: Browser) -> None:
    message = write(room, people.minji)
    mark_read(people.juwon, key, message.seq)
    assert sweep().total == 0
    assert phone.payloads == []


def test_who_has_switched_it_off_is_not_told(people: People, room: Any, phone: Browser) -> None:
    change_notification_settings(people.juwon, channels={"push": False})
    write(room, people.minji)
    assert sweep().total == 0
    assert phone.payloads == []


def test_people_without_devices_cost_no_query_each(
    people: People, push: PushService, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        write(open_room(people.minji, make_user(f"Reader {number}")), people.minji)
    with django_assert_num_queries(11) as few:
        assert sweep().total == 0
    for number in range(5, 20):
        write(open_room(people.minji, make_user(f"Reader {number}")), people.minji)
    RoomNotice.objects.all().delete()
    with django_assert_num_queries(len(few)):
        assert sweep().total == 0
    assert push.received == []


def test_without_a_key_the_channel_does_not_exist(people: People, settings: Any) -> None:
    values = {**settings.PAIRCHAT_NOTIFICATIONS}
    del values["VAPID_PRIVATE_KEY"]
    settings.PAIRCHAT_NOTIFICATIONS = values
    with pytest.raises(ValueError, match="push"):
        change_notification_settings(people.juwon, channels={"push": True})


# What push services answer


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten(
    people: People, room: Any, push: PushService, phone: Browser, status: int
) -> None:
    desk = subscribed(people.juwon, push, "desk")
    push.answers_to[phone.path] = [(status, {})]
    write(room, people.minji)
    assert sweep().told == 1
    assert endpoints() == {"desk"}
    assert len(desk.payloads) == 1


def test_a_person_whose_last_device_is_gone_is_given_up(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    push.answers = [(410, {})]
    write(room, people.minji)
    assert sweep().refused == 1
    assert RoomNotice.objects.get(user=people.juwon).due_at is None


@pytest.mark.usefixtures("phone")
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_after_a_change_of_keys_forgets_the_device(
    people: People, room: Any, push: PushService, settings: Any, status: int
) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "VAPID_PRIVATE_KEY": OTHER_KEY}
    push.answers = [(status, {})]
    write(room, people.minji)
    sweep()
    assert endpoints() == set()


def test_a_refusal_of_the_site_keeps_the_device_and_is_in_the_log(
    people: People, room: Any, push: PushService, phone: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    push.answers = [(403, {})]
    write(room, people.minji)
    assert sweep().failed == 1
    assert endpoints() == {"phone"}
    assert "VAPID_SUBJECT" in caplog.text


def test_a_message_that_is_not_taken_is_not_repeated(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    push.answers = [(413, {})]
    write(room, people.minji)
    assert sweep().refused == 1
    make_due()
    sweep()
    assert (len(push.received), endpoints()) == (1, {"phone"})


def seconds_until_due(user: Any) -> float:
    due_at = RoomNotice.objects.get(user=user).due_at
    assert due_at is not None
    return (due_at - timezone.now()).total_seconds()


@pytest.mark.usefixtures("phone")
@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("is_date", [False, True])
def test_a_push_service_that_asks_to_wait_is_left_alone_so_long(
    people: People, room: Any, push: PushService, status: int, is_date: bool
) -> None:
    asked = format_datetime(timezone.now() + timedelta(seconds=900), usegmt=True) if is_date else "900"
    push.answers = [(status, {"Retry-After": asked})]
    write(room, people.minji)
    assert sweep().failed == 1
    assert 840 < seconds_until_due(people.juwon) <= 910
    # Another message does not make it come earlier.
    push_service._rests.clear()
    make_due()
    sweep()
    assert len(push.received) == 1
    PushSubscription.objects.update(wait_until=ago(1))
    push_service._rests.clear()
    make_due()
    assert sweep().told == 1
    assert len(push.received) == 2


@pytest.mark.parametrize("asked", ["86400", "-5", "soon", "9" * 400, "Wed, 99 Nov 2026 00:00:00 GMT"])
def test_the_wait_has_limits(people: People, room: Any, push: PushService, phone: Browser, asked: str) -> None:
    push.answers = [(429, {"Retry-After": asked})]
    write(room, people.minji)
    assert sweep().failed == 1
    assert 0 < seconds_until_due(people.juwon) <= 3600
    wait_until = PushSubscription.objects.get().wait_until
    assert wait_until is None or wait_until <= timezone.now() + timedelta(hours=1)


def test_a_device_is_not_told_twice_because_another_one_waits(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    desk = subscribed(people.juwon, push, "desk")
    push.answers_to[desk.path] = [(500, {})]
    write(room, people.minji)
    assert sweep().failed == 1
    make_due()
    assert sweep().told == 1
    assert (len(phone.payloads), len(desk.payloads)) == (1, 2)
    assert set(map(str, PushSubscription.objects.values_list("delivered", flat=True))) == {"{}"}


def test_a_device_that_must_wait_does_not_hold_up_another_one(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    desk = subscribed(people.juwon, push, "desk")
    push.answers_to[desk.path] = [(429, {"Retry-After": "3600"})]
    for number in range(1, 4):
        write(room, people.minji)
        make_due()
        assert sweep().failed == 1
        assert len(phone.payloads) == number
        assert seconds_until_due(people.juwon) <= 70


def test_it_is_tried_a_limited_number_of_times(people: People, room: Any, push: PushService, phone: Browser) -> None:
    push.answers = [(500, {})] * 50
    write(room, people.minji)
    for _ in range(20):
        sweep()
        make_due()
    assert len(push.received) == 8
    assert endpoints() == {"phone"}


def test_a_push_service_that_is_away_holds_up_nobody_else(
    people: People, room: Any, push: PushService, settings: Any
) -> None:
    away = PushService(f"http://127.0.0.1:{free_port()}")
    hosts = [push.origin, away.origin]
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "PUSH_HOSTS": hosts}
    subscribed(people.juwon, away)
    other = subscribed(people.stranger, push)
    write(room, people.minji)
    write(open_room(people.minji, people.stranger), people.minji)
    result = sweep()
    assert (result.told, result.failed) == (1, 1)
    assert len(other.payloads) == 1


def test_a_push_service_that_does_not_answer_is_asked_once(people: People, push: PushService, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        service = PushService(f"http://127.0.0.1:{silent.getsockname()[1]}")
        settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "PUSH_HOSTS": [service.origin]}
        for number in range(3):
            reader = make_user(f"Reader {number}")
            subscribed(reader, service, f"phone-{number}")
            write(open_room(people.minji, reader), people.minji)
        before = push_service.TIMEOUT_SECONDS
        try:
            push_service.TIMEOUT_SECONDS = 1  # type: ignore[misc] # shorter than a person who runs the tests waits
            assert sweep().failed == 3
        finally:
            push_service.TIMEOUT_SECONDS = before  # type: ignore[misc] # as above
        silent.accept()[0].close()
        silent.settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent.accept()


# Where messages may go


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=abc", True),
        ("https://fcm.googleapis.com:443/abc", True),
        ("http://fcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com:8443/abc", False),
        ("https://evilfcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com.evil.example/abc", False),
        ("https://fcm.googleapis.com@evil.example/abc", False),
        ("https://evil.example#fcm.googleapis.com", False),
        ("https://evil.example\\@fcm.googleapis.com/abc", False),
        ("https://user:pass@fcm.googleapis.com/abc", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/abc", False),
        ("https://localhost/abc", False),
        ("file:///etc/passwd", False),
        ("https://fcm.googleapis.com/a b", False),
        ("https://fcm.googleapis.com/\nHost: evil", False),
        ("https://fcm.googleapis.com:port/abc", False),
        ("https://fcm。googleapis.com/abc", False),
        ("https://fcm.googleapis.com/" + "a" * 2000, False),
        ("", False),
    ],
)
def test_messages_go_to_known_push_services_only(settings: Any, endpoint: str, expected: bool) -> None:
    del settings.PAIRCHAT_NOTIFICATIONS["PUSH_HOSTS"]
    assert is_allowed_endpoint(endpoint) is expected


def test_an_endpoint_elsewhere_is_refused(people: People, push: PushService) -> None:
    fields = Browser(push, "phone").fields
    for endpoint in ("http://127.0.0.1:1/push", push.origin.replace("http", "https")):
        with pytest.raises(ValueError, match="PUSH_HOSTS"):
            add_device(people.juwon, **{**fields, "endpoint": endpoint})
    assert not PushSubscription.objects.exists()


def test_a_host_that_is_not_allowed_any_more_gets_nothing(
    people: People, room: Any, push: PushService, phone: Browser, settings: Any
) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "PUSH_HOSTS": []}
    write(room, people.minji)
    sweep()
    assert (push.received, endpoints()) == ([], set())


def test_no_redirect_is_followed(people: People, room: Any, push: PushService, phone: Browser) -> None:
    push.answers = [(307, {"Location": f"{push.origin}/inside"})]
    write(room, people.minji)
    assert sweep().refused == 1
    assert [received.path for received in push.received] == [phone.path]


# Devices


@pytest.mark.parametrize(
    "wrong", [{"p256dh": "AAAA"}, {"p256dh": "B" + "A" * 86}, {"auth": "AAAA"}, {"auth": "a+b/"}, {"p256dh": "각"}]
)
def test_keys_that_are_none_are_refused(people: People, push: PushService, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        add_device(people.juwon, **{**Browser(push, "phone").fields, **wrong})
    assert not PushSubscription.objects.exists()


def test_a_device_that_another_account_uses_now_gets_its_messages_only(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    add_device(people.minji, **phone.fields)
    write(room, people.minji)
    write(room, people.juwon)
    sweep()
    assert [shown["title"] for shown in phone.notifications] == ["New message from Juwon"]
    assert PushSubscription.objects.get().user_id == people.minji.pk


def test_the_same_device_is_renewed_not_doubled(people: People, phone: Browser) -> None:
    PushSubscription.objects.update(wait_until=ago(1), seen_at=ago(60))
    add_device(people.juwon, **phone.fields, label="Phone")
    row = PushSubscription.objects.get()
    assert (row.label, row.wait_until) == ("Phone", None)
    assert row.seen_at > ago(1)


def test_a_person_has_a_limited_number_of_devices(people: People, push: PushService) -> None:
    for number in range(22):
        subscribed(people.juwon, push, f"phone-{number}")
    assert endpoints() == {f"phone-{number}" for number in range(2, 22)}


def test_devices_of_before_a_new_password_get_nothing(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    user = get_user_model()._default_manager.get(pk=people.juwon.pk)
    user.set_password("another one")
    user.save()
    desk = subscribed(user, push, "desk")
    write(room, people.minji)
    assert sweep().told == 1
    assert (phone.payloads, len(desk.payloads), endpoints()) == ([], 1, {"desk"})


def test_devices_outlive_a_change_of_the_secret_key(
    people: People, room: Any, push: PushService, phone: Browser, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"
    people.juwon.refresh_from_db()
    write(room, people.minji)
    assert sweep().told == 1


def test_a_subscription_that_the_browser_replaced_goes_on(
    people: People, room: Any, push: PushService, phone: Browser
) -> None:
    new = Browser(push, "new")
    assert replace_endpoint(phone.endpoint, **new.fields)
    assert not replace_endpoint(phone.endpoint, **new.fields)
    write(room, people.minji)
    assert sweep().told == 1
    assert (len(new.payloads), endpoints()) == (1, {"new"})
