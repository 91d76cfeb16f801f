"""The page of settings and unsubscribing, both without JavaScript."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from django_pairchat.notifications.links import unsubscribe_url
from django_pairchat.notifications.models import NotificationSettings
from django_pairchat.notifications.services import change_notification_settings, notification_settings
from tests.conftest import People

pytestmark = pytest.mark.django_db


def settings_url() -> str:
    return reverse("pairchat_notifications:settings")


def path_of(user: Any) -> str:
    return unsubscribe_url(user, "mail").removeprefix("https://chat.example")


@pytest.fixture
def client(people: People) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(people.juwon)
    return client


def test_the_page_shows_what_holds_now(client: Client, people: People) -> None:
    page = client.get(settings_url()).content.decode()
    assert '<input type="checkbox" name="channel_mail" id="pc-channel_mail" checked>' in page
    assert not NotificationSettings.objects.exists()


def test_what_is_sent_is_stored(client: Client, people: People) -> None:
    values = {
        "as": str(people.juwon.pk),
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        "time_zone": "Asia/Seoul",
        "language": "ko",
    }
    response = client.post(settings_url(), values, follow=True)
    assert 'role="status"' in response.content.decode()
    person = notification_settings(people.juwon)
    assert (person.wants("mail"), person.language, str(person.time_zone)) == (False, "ko", "Asia/Seoul")
    assert (person.settings.quiet_from, person.settings.quiet_until) == (time(22), time(7, 30))


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "22:00"}, {"quiet_from": "25:00", "quiet_until": "1:00"}, {"time_zone": "Mars/Base"}]
)
def test_a_mistake_is_shown_and_nothing_is_stored(client: Client, people: People, wrong: dict[str, str]) -> None:
    response = client.post(settings_url(), {"as": str(people.juwon.pk), **wrong})
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not NotificationSettings.objects.exists()


def test_a_page_of_another_user_changes_nothing(client: Client, people: People) -> None:
    response = client.post(settings_url(), {"as": str(people.minji.pk)})
    assert response.status_code == 401
    assert not NotificationSettings.objects.exists()


def test_the_page_is_for_people_who_are_signed_in(db: None) -> None:
    response = Client().get(settings_url())
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_a_form_without_a_token_is_refused(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.juwon)
    assert client.post(settings_url(), {"as": str(people.juwon.pk)}).status_code == 403


def test_one_click_unsubscribes_without_a_login(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(path_of(people.juwon), {"List-Unsubscribe": "One-Click"})
    assert (response.status_code, response.cookies) == (200, {})
    assert not notification_settings(people.juwon).wants("mail")
    assert notification_settings(people.minji).wants("mail")


def test_opening_the_address_only_shows_a_button(people: People) -> None:
    page = Client().get(path_of(people.juwon))
    assert (page.status_code, b"<button" in page.content, page.cookies) == (200, True, {})
    assert notification_settings(people.juwon).wants("mail")


def test_unsubscribing_keeps_the_other_choices(people: People) -> None:
    change_notification_settings(people.juwon, archived=True, language="ko")
    Client().post(path_of(people.juwon))
    row = NotificationSettings.objects.get()
    assert (row.archived, row.language, row.channels) == (True, "ko", {"mail": False})


def test_an_address_that_was_changed_is_not_found(people: People) -> None:
    path = path_of(people.juwon)
    for changed in (path[:-3] + "xx/", path.replace("unsubscribe/", "unsubscribe/x"), path[:-20] + "/"):
        assert Client().post(changed).status_code == 404
    assert not NotificationSettings.objects.exists()


def test_an_address_of_a_deleted_account_is_not_found(people: People) -> None:
    path = path_of(people.stranger)
    people.stranger.delete()
    assert Client().post(path).status_code == 404


def test_an_address_of_a_channel_that_is_no_more(people: People) -> None:
    path = unsubscribe_url(people.juwon, "pigeon").removeprefix("https://chat.example")
    assert Client().post(path).status_code == 200
    assert not NotificationSettings.objects.exists()


def test_choices_that_do_not_exist_are_refused(people: People) -> None:
    for wrong in ({"channels": {"pigeon": True}}, {"time_zone": "Mars/Base"}, {"language": "xx"}):
        with pytest.raises(ValueError, match=r"pigeon|Mars|xx"):
            change_notification_settings(people.juwon, **wrong)  # type: ignore[arg-type] # that is the test
    assert not NotificationSettings.objects.exists()
