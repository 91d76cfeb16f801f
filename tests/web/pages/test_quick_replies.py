"""Saved texts: a page with a form for each, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from django_pairchat import get_quick_reply_model, services
from django_pairchat.exceptions import Conflict, Empty, NotFound, TooLong, Unsupported

from .browser import Browser

PAGE = "/chat/quick-replies/"


def saved(user: Any) -> list[str]:
    return [reply.text for reply in services.saved_quick_replies(user)]


def test_a_text_is_added_changed_and_deleted(at_minji: Browser, minji: Any) -> None:
    page = at_minji.open("/chat/preferences/").follow("Quick replies")
    page = page.press("Add", content="Yes, it is.\nCome at six.")
    assert saved(minji) == ["Yes, it is.\nCome at six."]
    page = page.press("Save", content="No, it is gone.")
    assert saved(minji) == ["No, it is gone."]
    page.press("Delete")
    assert saved(minji) == []


def test_a_text_of_another_person_is_not_there(at_minji: Browser, minji: Any, juwon: Any) -> None:
    theirs = services.save_quick_reply(juwon, "Mine")
    page = at_minji.open(PAGE)
    assert "Mine" not in page.html
    refused = page.press("Add", content="Changed", reply=str(theirs.pk))
    assert refused.status == 404
    page.press("Add", content="", reply=str(theirs.pk), delete="1")
    assert saved(juwon) == ["Mine"]


def test_a_text_whose_place_is_gone_meanwhile_can_be_added_again(at_minji: Browser, minji: Any) -> None:
    reply = services.save_quick_reply(minji, "Yes")
    page = at_minji.open(PAGE)
    services.delete_quick_reply(minji, str(reply.pk))
    refused = page.press("Save", content="Yes, and tomorrow, too")
    assert refused.status == 404
    assert refused.root.one(role="alert").text == "This text was deleted in the meantime. You can add it again."
    refused.press("Add")
    assert saved(minji) == ["Yes, and tomorrow, too"]


@pytest.mark.parametrize(("text", "told"), [(" ", "Type a message first."), ("x" * 1001, "This text is too long.")])
def test_a_text_that_is_refused_stands_where_it_was_written(
    at_minji: Browser, minji: Any, text: str, told: str
) -> None:
    services.save_quick_reply(minji, "Yes")
    refused = at_minji.open(PAGE).press("Save", content=text)
    assert refused.status == 400
    assert refused.root.one(role="alert").text == told
    box = refused.root.all("textarea", data_pc_saved=True)[0]
    assert "".join(map(str, box.children)).removeprefix("\n") == text
    assert saved(minji) == ["Yes"]


def test_there_are_fifty_at_most(at_minji: Browser, minji: Any) -> None:
    for number in range(50):
        services.save_quick_reply(minji, f"Text {number}")
    refused = at_minji.open(PAGE).press("Add", content="One more")
    assert refused.status == 409
    assert refused.root.one(role="alert").text == "You have saved as many texts as you can. Delete one first."
    assert "One more" in refused.html
    with pytest.raises(Conflict):
        services.save_quick_reply(minji, "One more")


def test_services_refuse_what_cannot_be_saved(minji: Any, juwon: Any) -> None:
    mine = services.save_quick_reply(minji, "Yes")
    with pytest.raises(Empty):
        services.save_quick_reply(minji, "\n")
    with pytest.raises(TooLong):
        services.change_quick_reply(minji, str(mine.pk), "x" * 1001)
    with pytest.raises(NotFound):
        services.change_quick_reply(juwon, str(mine.pk), "No")
    services.delete_quick_reply(juwon, str(mine.pk))
    assert saved(minji) == ["Yes"]


def test_without_scripts_the_button_beside_the_box_leads_to_the_page(at_minji: Browser, room: Any) -> None:
    assert "Texts that you write often." in at_minji.open(f"/chat/rooms/{room.pk}/").follow("Quick replies").text


def test_a_host_with_messages_of_its_own_may_have_none(at_minji: Browser, minji: Any, room: Any, settings: Any) -> None:
    model = get_quick_reply_model()
    if model is None or model._meta.label == "pairchat.QuickReply":
        pytest.skip("The ready-made tables have them")
    settings.PAIRCHAT_QUICK_REPLY_MODEL = None
    assert "Quick replies" not in at_minji.open(f"/chat/rooms/{room.pk}/").html
    with pytest.raises(Unsupported):
        services.saved_quick_replies(minji)
