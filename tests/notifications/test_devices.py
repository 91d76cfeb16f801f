"""What browsers tell about their subscriptions, the worker, and the list of devices on the page of settings."""

from __future__ import annotations

import io
import json
import re
import zipfile
from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from django_pairchat.notifications import vapid
from django_pairchat.notifications.models import NotificationSettings, PushSubscription
from django_pairchat.notifications.services import change_notification_settings, notification_settings
from django_pairchat.policy import Policy
from django_pairchat.services import export_person, mark_read, open_room, send
from tests.conftest import People

from .push_service import PRIVATE_KEY, SUBJECT, Browser, PushService

pytestmark = pytest.mark.django_db


def url(name: str) -> str:
    return reverse(f"pairchat_notifications:{name}")


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def client(people: People, push: PushService) -> Client:
    return signed_in(people.juwon)


@pytest.fixture
def browser(push: PushService) -> Browser:
    return Browser(push, "phone")


def tell(client: Client, user: Any, act: str, browser: Browser, **more: str) -> Any:
    """Return what the answer says about the device, else its status."""
    answer = client.post(url("devices"), {"as": str(user.pk), "act": act, **browser.fields, **more})
    return answer.json()["on"] if answer.status_code == 200 else answer.status_code


def owners() -> list[Any]:
    return list(PushSubscription.objects.filter(stopped=False).values_list("user_id", flat=True))


# Subscriptions


def test_a_browser_subscribes_and_switches_the_channel_on(client: Client, people: People, browser: Browser) -> None:
    change_notification_settings(people.juwon, channels={"push": False})
    assert tell(client, people.juwon, "add", browser, label="Firefox,\n Linux") is True
    row = PushSubscription.objects.get()
    assert (row.user_id, row.endpoint, row.label) == (people.juwon.pk, browser.endpoint, "Firefox, Linux")
    assert notification_settings(people.juwon).wants("push")


def test_a_visit_renews_without_a_choice(client: Client, people: People, browser: Browser) -> None:
    change_notification_settings(people.juwon, channels={"push": False})
    assert tell(client, people.juwon, "renew", browser) is True
    assert owners() == [people.juwon.pk]
    assert not notification_settings(people.juwon).wants("push")


@pytest.mark.parametrize(
    "wrong", [{"endpoint": "https://169.254.169.254/"}, {"endpoint": ""}, {"p256dh": "AAAA"}, {"auth": "a" * 41}]
)
def test_what_is_no_subscription_is_refused(
    client: Client, people: People, browser: Browser, wrong: dict[str, str]
) -> None:
    assert tell(client, people.juwon, "add", browser, **wrong) == 400
    assert owners() == []


def test_a_page_of_another_user_changes_nothing(client: Client, people: People, browser: Browser) -> None:
    assert tell(client, people.minji, "add", browser) == 401
    assert owners() == []


def test_a_request_without_a_token_is_refused(people: People, push: PushService, browser: Browser) -> None:
    client = signed_in(people.juwon, enforce_csrf_checks=True)
    assert tell(client, people.juwon, "add", browser) == 403
    assert owners() == []


def test_nobody_subscribes_without_a_login(push: PushService, people: People, browser: Browser) -> None:
    assert tell(Client(), people.juwon, "add", browser) == 302
    assert owners() == []


def test_logging_out_ends_the_devices_of_the_session_only(
    client: Client, people: People, push: PushService, browser: Browser
) -> None:
    desk = Browser(push, "desk")
    tell(client, people.juwon, "add", browser)
    tell(signed_in(people.juwon), people.juwon, "add", desk)
    client.logout()
    assert list(PushSubscription.objects.values_list("endpoint", flat=True)) == [desk.endpoint]


def test_logging_out_without_a_session_or_a_device_is_fine(client: Client, people: People) -> None:
    from django.contrib.auth.signals import user_logged_out

    client.logout()
    user_logged_out.send(sender=type(people.juwon), request=None, user=people.juwon)


def test_a_browser_that_subscribes_anew_is_one_device(
    client: Client, people: People, push: PushService, browser: Browser
) -> None:
    tell(client, people.juwon, "add", browser)
    new = Browser(push, "new")
    tell(client, people.juwon, "renew", new)
    assert PushSubscription.objects.get().endpoint == new.endpoint


def test_a_second_account_in_the_same_browser_takes_it_over(people: People, client: Client, browser: Browser) -> None:
    tell(client, people.juwon, "add", browser)
    assert tell(signed_in(people.minji), people.minji, "add", browser) is True
    assert owners() == [people.minji.pk]


def test_a_second_account_that_did_not_ask_ends_the_messages_of_the_first(
    people: People, client: Client, browser: Browser
) -> None:
    tell(client, people.juwon, "add", browser)
    assert tell(signed_in(people.minji), people.minji, "remove", browser) == 204
    assert owners() == []


def test_a_device_that_was_removed_elsewhere_stays_removed(client: Client, people: People, browser: Browser) -> None:
    tell(client, people.juwon, "add", browser)
    device = str(PushSubscription.objects.get().pk)
    response = client.post(url("devices"), {"as": str(people.juwon.pk), "act": "forget", "device": device})
    assert response.status_code == 302
    assert response["Location"] == url("settings")
    assert owners() == []
    assert tell(client, people.juwon, "renew", browser) is False
    client.logout()
    client.force_login(people.juwon)
    assert tell(client, people.juwon, "renew", browser) is False
    assert owners() == []
    assert tell(client, people.juwon, "add", browser) is True
    assert owners() == [people.juwon.pk]


@pytest.mark.parametrize("device", ["", "x", "-1", "9" * 30, "²"])
def test_only_devices_of_the_person_can_be_removed(
    client: Client, people: People, browser: Browser, device: str
) -> None:
    tell(signed_in(people.minji), people.minji, "add", browser)
    other = str(PushSubscription.objects.get().pk)
    for wanted in (device, other):
        client.post(url("devices"), {"as": str(people.juwon.pk), "act": "forget", "device": wanted})
    assert owners() == [people.minji.pk]


def test_the_worker_replaces_a_subscription_without_a_session(
    client: Client, people: People, push: PushService, browser: Browser
) -> None:
    tell(client, people.juwon, "add", browser)
    new = Browser(push, "new")
    worker = Client(enforce_csrf_checks=True)
    response = worker.post(url("replaced"), {"old": browser.endpoint, **new.fields})
    assert (response.status_code, response.cookies) == (204, {})
    row = PushSubscription.objects.get()
    assert (row.endpoint, row.user_id) == (new.endpoint, people.juwon.pk)


def test_who_does_not_know_the_old_address_replaces_nothing(
    client: Client, people: People, push: PushService, browser: Browser
) -> None:
    tell(client, people.juwon, "add", browser)
    new = Browser(push, "new")
    assert Client().post(url("replaced"), {"old": f"{push.origin}/push/other", **new.fields}).status_code == 204
    wrong = {**new.fields, "endpoint": "https://169.254.169.254/"}
    assert Client().post(url("replaced"), {"old": browser.endpoint, **wrong}).status_code == 400
    assert Client().post(url("replaced"), new.fields).status_code == 400
    assert Client().get(url("replaced")).status_code == 405
    assert PushSubscription.objects.get().endpoint == browser.endpoint


# What has been read


def test_a_page_learns_which_notifications_are_read(client: Client, people: People, room: Any, key: str) -> None:
    other = open_room(people.stranger, people.juwon)
    message = send(room, people.minji, "Hello")
    send(other, people.stranger, "Hello")
    not_mine = open_room(people.stranger, people.minji)
    send(not_mine, people.stranger, "Hello")
    rooms = {"room": [key, str(other.pk), str(not_mine.pk), "no key", "\0"]}
    answer = client.get(url("unread"), rooms).json()
    assert (sorted(answer["unread"]), answer["count"]) == (sorted([key, str(other.pk)]), 2)
    mark_read(people.juwon, key, message.seq)
    assert client.get(url("unread"), rooms).json() == {"unread": [str(other.pk)], "count": 1}


# The worker and the pages


def test_the_worker_is_served_to_everybody_with_its_scope(push: PushService) -> None:
    response = Client().get(url("worker"))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Service-Worker-Allowed"] == url("settings")
    assert "no-cache" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    source = response.content.decode()
    assert "showNotification" in source
    assert '"fetch"' not in source


def test_the_page_lists_the_devices_and_works_without_scripts(client: Client, people: People, browser: Browser) -> None:
    tell(client, people.juwon, "add", browser, label="<b>Firefox</b>")
    page = client.get(url("settings")).content.decode()
    assert "&lt;b&gt;Firefox&lt;/b&gt;" in page
    assert "(this device)" in page
    assert 'name="channel_push"' in page
    # Everything that needs a script is hidden until there is one.
    inside = page.partition("<pair-chat-push>")[2].partition("</pair-chat-push>")[0]
    parts = re.findall(r"<p[^>]*data-pc-part[^>]*>", inside)
    assert len(parts) >= 4
    assert [part for part in parts if "hidden" not in part] == ['<p class="pc-hint" data-pc-part="scriptless">']


def test_each_page_of_a_person_carries_the_module(client: Client, people: People) -> None:
    page = client.get(reverse("pairchat:inbox")).content.decode()
    script = re.search(r"<script[^>]*data-pc-push[^>]*>", page)
    assert script is not None
    assert vapid.public_key(PRIVATE_KEY) in script[0]
    assert PRIVATE_KEY not in page


@pytest.fixture(params=["key", "notifier", "extra"])
def _without(request: pytest.FixtureRequest, settings: Any, push: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that lacks one of the things that push messages need."""
    lacking = {
        "key": {"VAPID_PRIVATE_KEY": ""},
        "notifier": {"NOTIFIERS": ["django_pairchat.notifications.mail.MailNotifier"]},
        "extra": {},
    }[request.param]
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, **lacking}
    if request.param == "extra":
        monkeypatch.setattr("django_pairchat.notifications.push.has_extra", lambda: False)


@pytest.mark.usefixtures("_without")
def test_without_all_that_it_needs_nothing_of_it_is_there(client: Client, people: People, browser: Browser) -> None:
    page = client.get(url("settings")).content.decode()
    assert "push" not in page
    assert client.get(url("worker")).status_code == 404
    assert tell(client, people.juwon, "add", browser) == 404
    assert client.post(url("replaced"), {"old": "x", **browser.fields}).status_code == 404
    assert not PushSubscription.objects.exists()
    assert not NotificationSettings.objects.exists()


def test_a_project_without_the_urls_has_pages_without_the_module(
    push: PushService, settings: Any, people: People
) -> None:
    settings.ROOT_URLCONF = "tests.notifications.urls_chat_only"
    page = signed_in(people.juwon).get("/chat/")
    assert page.status_code == 200
    assert b"data-pc-push" not in page.content


# Settings


def ids() -> set[str]:
    found = {str(each.id) for each in run_checks(tags=["pairchat_notifications"])}
    return {each.removeprefix("pairchat_notifications.") for each in found}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"VAPID_PRIVATE_KEY": "AAAA"}, {"E006"}),
        ({"VAPID_PRIVATE_KEY": "각"}, {"E006"}),
        ({"VAPID_PRIVATE_KEY": PRIVATE_KEY[:-1] + "+"}, {"E006"}),
        ({"VAPID_PRIVATE_KEY": 5}, {"E002"}),
        ({"VAPID_PRIVATE_KEY": ""}, {"W003"}),
        ({"NOTIFIERS": ["django_pairchat.notifications.mail.MailNotifier"]}, {"W003"}),
        ({"PUSH_HOSTS": ["*.push.apple.com"]}, {"E002"}),
        ({"PUSH_HOSTS": "push.apple.com"}, {"E002"}),
        ({"PUSH_DELAY_SECONDS": -1}, {"E002"}),
    ],
)
def test_a_mistake_in_the_settings_is_reported(push: PushService, settings: Any, changes: Any, expected: Any) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, **changes}
    assert ids() == expected


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "admin@lost-and-found.org",
        "mailto:",
        "mailto: admin@lost-and-found.org",
        "mailto:<admin@lost-and-found.org>",
        "mailto:admin@localhost",
        "mailto:admin@example.com",
        "mailto:admin@site.local",
        "https://localhost",
        "https://127.0.0.1/",
        "http://lost-and-found.org",
        "https://lost and found.org",
    ],
)
def test_a_subject_that_apple_refuses_is_reported(push: PushService, settings: Any, subject: str) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "VAPID_SUBJECT": subject}
    assert ids() == {"E007"}


@pytest.mark.parametrize("subject", [SUBJECT, "https://lost-and-found.org", "https://lost-and-found.org/contact"])
def test_a_real_subject_is_fine(push: PushService, settings: Any, subject: str) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "VAPID_SUBJECT": subject}
    assert ids() == set()


def test_the_missing_extra_is_reported(push: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pairchat.notifications.checks.has_extra", lambda: False)
    assert ids() == {"E005"}


def test_the_command_prints_a_key_that_the_settings_take(push: PushService, settings: Any) -> None:
    said, warned = StringIO(), StringIO()
    call_command("pairchat_vapid_key", "--subject", SUBJECT, stdout=said, stderr=warned)
    found = re.search(r"^VAPID_PRIVATE_KEY=(\S+)$", said.getvalue(), re.MULTILINE)
    assert found is not None
    assert f'"VAPID_SUBJECT": "{SUBJECT}"' in said.getvalue()
    assert "already" in warned.getvalue()
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "VAPID_PRIVATE_KEY": found[1]}
    assert ids() == set()


def test_the_command_refuses_a_subject_at_which_nobody_is() -> None:
    with pytest.raises(CommandError, match="mailto:admin@localhost"):
        call_command("pairchat_vapid_key", "--subject", "mailto:admin@localhost")


class ActedAs(Policy):
    def is_impersonated(self, user: Any, session: Any) -> bool:
        return "support" in session


def test_the_device_of_those_who_act_as_the_person_gets_nothing(
    client: Client, people: People, browser: Browser, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{__name__}.ActedAs"}
    session = client.session
    session["support"] = True
    session.save()
    assert [tell(client, people.juwon, act, browser) for act in ("add", "renew")] == [404, 404]
    assert owners() == []
    assert b"worker.js" not in client.get(url("settings")).content
    assert tell(signed_in(people.juwon), people.juwon, "add", browser) is True


def test_the_export_of_a_persons_data_has_choices_and_devices_without_what_sends_to_them(
    client: Client, people: People, browser: Browser
) -> None:
    tell(client, people.juwon, "add", browser)
    change_notification_settings(people.juwon, channels={"push": False}, language="ko")
    with zipfile.ZipFile(io.BytesIO(b"".join(export_person(people.juwon)))) as archive:
        told = archive.read("notifications.json").decode()
    found = json.loads(told)
    assert found["choices"]["language"] == "ko"
    assert found["choices"]["channels"]["push"] is False
    assert [device["name"] for device in found["devices"]] == [PushSubscription.objects.get().label]
    assert browser.fields["endpoint"] not in told
    assert browser.fields["auth"] not in told
