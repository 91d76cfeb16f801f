"""The page of one's own chat settings, without JavaScript."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from django_pairchat import services
from django_pairchat.policy import Policy
from django_pairchat.services import Preferences
from tests.support.people import make_user
from tests.support.policies import ReadsInPrivate, chosen

from .browser import Browser


class ShowsNothing(Policy):
    def shows_read_marks(self, user: Any) -> bool:
        return False

    def shows_presence(self, user: Any) -> bool:
        return False


def own(user: Any) -> Preferences:
    return services.preferences(type(user).objects.get(pk=user.pk))


def test_what_comes_by_mail_is_chosen_one_step_away(at_minji: Browser) -> None:
    for address in ("/chat/preferences/", "/chat/"):
        links = at_minji.open(address).root.all("a", href="/chat/notifications/")
        assert [link.text.strip() for link in links] == ["Notification settings"], address


@override_settings(ROOT_URLCONF="tests.notifications.urls_chat_only")
def test_without_the_app_of_notifications_nothing_leads_there(at_minji: Browser) -> None:
    assert not [link for link in at_minji.open("/chat/preferences/").root.all("a") if "notifications" in link["href"]]


def test_whom_one_has_blocked_is_found_and_unblocked(at_minji: Browser, minji: Any, juwon: Any, room: Any) -> None:
    services.change_settings(minji, room, blocked=True)
    page = at_minji.open("/chat/").follow("Chat settings")
    assert "juwon" in page.root.one(data_pc_list_of="blocked").text
    after = page.press("Unblock: juwon")
    assert "Nobody is blocked." in after.text
    assert not services.get_room(minji, room).is_blocked


def test_what_is_muted_and_archived_is_found_and_undone(at_minji: Browser, minji: Any, juwon: Any, room: Any) -> None:
    services.send(room, juwon, "hello")
    at_minji.open(f"/chat/rooms/{room.pk}/").press("Until I unmute it")
    at_minji.open(f"/chat/rooms/{room.pk}/").press("Archive")
    page = at_minji.open("/chat/preferences/")
    page = page.press("Unmute: juwon")
    assert "Nothing is muted." in page.text
    page = page.press("Unarchive: juwon")
    assert "Nothing is archived." in page.text
    side = services.get_room(minji, room).side(minji)
    assert (side.archived, side.muted_until) == (False, None)


def test_switches_are_saved_and_shown_again(at_minji: Browser, minji: Any) -> None:
    page = at_minji.open("/chat/preferences/")
    boxes = {name: page.root.one("input", name=name) for name in ("shows_read_marks", "shows_presence")}
    assert all("checked" in box.attrs for box in boxes.values())
    again = page.press("Save", shows_read_marks="on", shows_presence="")
    assert own(minji) == Preferences(shows_read_marks=True, shows_presence=False)
    assert "Saved." in again.text
    assert "checked" not in again.root.one("input", name="shows_presence").attrs


def test_a_switch_that_the_policy_takes_away_is_not_offered_and_stays(
    at_minji: Browser, minji: Any, settings: Any
) -> None:
    services.change_preferences(minji, shows_presence=False)
    settings.PAIRCHAT = chosen(ReadsInPrivate)
    page = at_minji.open("/chat/preferences/")
    assert page.root.all("input", name="shows_read_marks") == []
    page.press("Save", shows_presence="on", shows_read_marks="")
    assert own(minji) == Preferences()
    settings.PAIRCHAT = chosen(ShowsNothing)
    assert "What others see" not in at_minji.open("/chat/preferences/").text


def test_a_long_list_is_continued(at_minji: Browser, minji: Any) -> None:
    for number in range(25):
        services.change_settings(minji, services.open_room(minji, make_user(f"peer{number}")), archived=True)
    page = at_minji.open("/chat/preferences/").follow("Older chats")
    assert "Blocked people" not in page.text
    assert len(page.root.one(data_pc_list_of="archived").all("li")) == 5
    after = page.press(page.root.one(data_pc_list_of="archived").all("button")[0].text)
    assert len(after.root.one(data_pc_list_of="archived").all("li")) == 4


def test_nobody_changes_what_another_account_shows(at_minji: Browser, minji: Any, juwon: Any) -> None:
    refused = at_minji.open("/chat/preferences/").press("Save", **{"as": str(juwon.pk), "shows_presence": ""})
    assert refused.status == 401
    assert own(minji) == own(juwon) == Preferences()
