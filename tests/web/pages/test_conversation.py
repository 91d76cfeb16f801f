"""A conversation of two people who have no JavaScript, from the first message to the last."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from django_pairchat import get_message_model, services
from tests.support.people import make_user
from tests.support.policies import Openings, chosen

from .browser import Browser


def say(room: Any, sender: Any, *texts: str) -> None:
    for text in texts:
        services.send(room, sender, text)


def test_a_message_is_written_and_read_by_the_other(at_minji: Browser, at_juwon: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="안녕하세요")
    assert page.status == 200
    assert page.trail == [f"/chat/rooms/{key}/#m-1"]
    assert page.message(1).slot("sender").text == "Me"
    page = at_juwon.open(f"/chat/rooms/{key}/")
    assert page.message(1).slot("content").text == "안녕하세요"
    assert page.message(1).slot("sender").text == "minji"


def test_mine_and_theirs_are_told_apart_by_user_and_not_by_name(db: None) -> None:
    one, other = make_user("Same Name"), make_user("Same Name")
    room = services.open_room(one, other)
    say(room, other, "theirs")
    say(room, one, "mine")
    page = Browser(one).open(f"/chat/rooms/{room.pk}/")
    assert ["data-mine" in message.attrs for message in page.messages] == [False, True]
    assert [message["data-sender"] for message in page.messages] == [str(other.pk), str(one.pk)]


def test_pressing_send_twice_is_one_message(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    first = page.press("Send", content="once")
    second = page.press("Send", content="once")
    assert first.fragment == second.fragment == "m-1"
    assert second.texts == ["once"]


def test_each_rendering_has_its_own_client_id(at_minji: Browser, key: str) -> None:
    address = f"/chat/rooms/{key}/"
    assert at_minji.open(address).composer["client_id"] != at_minji.open(address).composer["client_id"]


def test_an_old_form_with_another_text_gives_the_text_back_with_a_fresh_id(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    page.press("Send", content="first")
    again = page.press("Send", content="second")
    assert again.status == 409
    assert "Your text was not sent yet" in again.text
    assert again.composer["content"] == "second"
    assert again.composer["client_id"] != page.composer["client_id"]
    assert again.press("Send").texts == ["first", "second"]


def test_a_form_without_an_id_gives_the_text_back(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="kept", client_id="")
    assert page.status == 400
    assert page.press("Send").texts == ["kept"]


def test_a_text_that_begins_with_a_line_break_comes_back_whole(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="\nkept\n", client_id="")
    assert page.composer["content"] == "\nkept\n"


def test_a_text_that_is_too_long_is_kept_in_the_box(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="가" * 4001)
    assert page.status == 400
    assert page.composer["content"] == "가" * 4001
    assert page.root.slot("error").text == "This text is too long."


def test_an_empty_text_is_refused_with_a_sentence(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content=" \n\u200b ")
    assert page.status == 400
    assert page.root.slot("error").text == "Type a message first."


def test_a_text_with_nul_is_refused_and_shown_without_it(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="a\0b")
    assert page.status == 400
    assert page.composer["content"] == "ab"


def test_a_reply_quotes_the_original_and_leads_to_it(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    say(room, juwon, "Is it yours?", "The red one?")
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/").follow("Reply")
    assert page.root.slot("replying-content").text == "Is it yours?"
    page = page.press("Send", content="Yes!")
    quote = page.message(3).one(data_pc_part="reply")
    assert quote["href"] == f"/chat/rooms/{key}/?around=1#m-1"
    assert (quote.slot("reply-sender").text, quote.slot("reply-content").text) == ("juwon", "Is it yours?")
    assert at_minji.open(quote["href"]).message(1).slot("content").text == "Is it yours?"


def test_a_quote_of_a_cleared_message_shows_nothing_of_it(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    say(room, juwon, "secret")
    page = at_minji.open(f"/chat/rooms/{key}/").press("Clear for me")
    services.send(room, juwon, "answer", reply_to=1)
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.texts == ["answer"]
    assert page.message(2).slot("reply-content").text == "Earlier message"
    assert "secret" not in page.html


def test_a_reply_to_nothing_is_refused_and_the_text_is_kept(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="kept", reply_to="9")
    assert page.status == 400
    assert page.composer["content"] == "kept"
    assert page.composer["reply_to"] == ""


def test_older_and_newer_pages_are_links_and_leave_nothing_out(
    at_minji: Browser, room: Any, juwon: Any, key: str
) -> None:
    say(room, juwon, *map(str, range(1, 121)))
    page = at_minji.open(f"/chat/rooms/{key}/")
    # All of it is new: the page begins there.
    assert page.texts == [str(number) for number in range(1, 51)]
    page = page.follow("Newest")
    assert page.texts == [str(number) for number in range(71, 121)]
    page = page.follow("Older messages")
    assert page.texts == [str(number) for number in range(21, 71)]
    page = page.follow("Older messages")
    assert page.texts == [str(number) for number in range(1, 21)]
    assert not page.root.all("a", data_pc_action="older", href=True)
    page = page.follow("Newer messages")
    assert page.texts == [str(number) for number in range(21, 71)]
    assert page.follow("Newest").texts[-1] == "120"


def test_a_page_around_a_message_leads_both_ways(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    say(room, juwon, *map(str, range(1, 121)))
    page = at_minji.open(f"/chat/rooms/{key}/?around=60")
    assert "60" in page.texts
    assert page.link("Older messages")
    assert page.link("Newer messages")


def test_mark_as_read_is_a_button(at_minji: Browser, at_juwon: Browser, room: Any, juwon: Any, key: str) -> None:
    say(room, juwon, "one", "two")
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.root.one("li", data_pc_divider=True).text == "New messages"
    assert at_juwon.open(f"/chat/rooms/{key}/").message(2).slot("status").text == "Sent"
    page = page.press("Mark as read")
    assert not page.root.all("li", data_pc_divider=True)
    assert not page.has_button("Mark as read")
    assert at_juwon.open(f"/chat/rooms/{key}/").message(2).slot("status").text == "Read"


def test_an_edit_is_seen_by_both(at_minji: Browser, at_juwon: Browser, room: Any, minji: Any, key: str) -> None:
    say(room, minji, "wrong")
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/").press("Save", content="right")
    assert page.fragment == "m-1"
    shown = at_juwon.open(f"/chat/rooms/{key}/").message(1)
    assert shown.slot("content").text == "right"
    assert shown.one(data_pc_part="edited").text == "edited"


def test_an_edit_that_is_refused_keeps_the_text(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    say(room, minji, "short")
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/").press("Save", content="x" * 4001)
    assert page.status == 400
    assert page.root.slot("input").text == "x" * 4001
    assert "This text is too long." in page.text


def test_a_deleted_message_is_a_tombstone_for_both(
    at_minji: Browser, at_juwon: Browser, room: Any, minji: Any, key: str
) -> None:
    say(room, minji, "secret")
    at_minji.open(f"/chat/rooms/{key}/messages/1/").press("Delete for both")
    for browser in (at_minji, at_juwon):
        page = browser.open(f"/chat/rooms/{key}/")
        assert "secret" not in page.html
        assert page.message(1).one(data_pc_part="deleted").text == "Deleted message"
        assert "data-deleted" in page.message(1).attrs


def test_the_other_persons_message_offers_no_edit_and_no_deletion(
    at_minji: Browser, room: Any, juwon: Any, key: str
) -> None:
    say(room, juwon, "theirs")
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/")
    assert not page.has_button("Save")
    assert not page.has_button("Delete for both")
    token = page.root.all("input", name="csrfmiddlewaretoken")[0]["value"]
    for act in ("edit", "delete"):
        refused = at_minji.post(page.url, {"act": act, "content": "mine now", "csrfmiddlewaretoken": token})
        assert refused.status == 403
    assert get_message_model()._default_manager.get(seq=1).content == "theirs"


def test_a_reaction_is_set_and_taken_back(
    at_minji: Browser, at_juwon: Browser, room: Any, juwon: Any, key: str
) -> None:
    say(room, juwon, "good news")
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/").press("👍")
    assert page.message(1).slot("reaction-mine").text == "👍"
    assert at_juwon.open(f"/chat/rooms/{key}/").message(1).slot("reaction-peer").text == "👍"
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/").press("Remove reaction")
    assert not page.message(1).all(data_pc_slot="reaction-mine")


def test_a_message_that_is_not_there_is_not_found(at_minji: Browser, key: str) -> None:
    assert at_minji.open(f"/chat/rooms/{key}/messages/1/").status == 404


def test_an_empty_room_says_what_to_do(at_minji: Browser, key: str) -> None:
    assert "Say hello to start the conversation." in at_minji.open(f"/chat/rooms/{key}/").text


def test_an_empty_room_shows_the_person_and_what_one_might_begin_with(
    at_minji: Browser, room: Any, juwon: Any, key: str
) -> None:
    with override_settings(PAIRCHAT=chosen(Openings)):
        page = at_minji.open(f"/chat/rooms/{key}/")
        nothing = page.root.one("pair-chat").one("div", data_pc_part="nothing")
        assert nothing.slot("peer").text == "juwon"
        openings = nothing.all("a", data_pc_action="opening")
        assert [link.text for link in openings] == [f"Hello {juwon}!", "Is it there & free?", "When?"]
        # Without scripts the link fills the form, and sends nothing.
        filled = at_minji.open(openings[1]["href"].partition("#")[0])
        assert filled.root.one("textarea", name="content").text.strip() == "Is it there & free?"
        assert filled.texts == []
        say(room, juwon, "first")
        assert at_minji.open(f"/chat/rooms/{key}/").root.all("a", data_pc_action="opening") == []


def test_the_mark_of_what_was_read_is_at_the_last_message_of_ones_own(
    at_minji: Browser, room: Any, minji: Any, juwon: Any, key: str
) -> None:
    for author, text in ((minji, "one"), (minji, "two"), (juwon, "three")):
        say(room, author, text)
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert ["data-latest" in page.message(seq).attrs for seq in (1, 2, 3)] == [False, True, False]
    # For a screen reader each says how far it came.
    assert [page.message(seq).slot("status").text for seq in (1, 2, 3)] == ["Read", "Read", ""]


def test_a_peer_whose_account_is_gone_is_shown_as_such(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    say(room, juwon, "bye")
    juwon.delete()
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.message(1).slot("sender").text == "Deleted account"
    assert page.texts == ["bye"]
    assert "You cannot write in this chat." in page.text
    assert not page.has_button("Send")


def test_a_message_of_the_system_has_no_sender(at_minji: Browser, room: Any, key: str) -> None:
    services.send(room, None, "Juwon closed the post.", kind="system")
    message = at_minji.open(f"/chat/rooms/{key}/").message(1)
    assert (message["data-kind"], message["data-sender"], message.slot("sender").text) == ("system", "", "")
    assert "data-mine" not in message.attrs


def test_a_quotation_says_which_state_of_its_message_it_shows(
    at_minji: Browser, minji: Any, juwon: Any, room: Any, key: str
) -> None:
    services.send(room, juwon, "the price is 5000")
    services.send(room, minji, "fine", reply_to=1)
    edited = services.edit(juwon, key, 1, "the price is 9000")
    for address, place in (("", "reply"), ("?reply=1", "replying")):
        page = at_minji.open(f"/chat/rooms/{key}/{address}")
        quotation = next(part for part in page.root.all(data_pc_part=place) if "data-quoted-rev" in part.attrs)
        said = {name: quotation[f"data-{name}"] for name in ("reply-to", "quoted-rev", "quoted-sender", "quoted-kind")}
        rev = str(edited.rev)
        assert said == {"reply-to": "1", "quoted-rev": rev, "quoted-sender": str(juwon.pk), "quoted-kind": "text"}
        assert quotation.slot(f"{place}-content").text == "the price is 9000"


def test_an_edit_that_came_too_late_is_kept_for_copying(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    say(room, minji, "short")
    page = at_minji.open(f"/chat/rooms/{key}/messages/1/")
    services.change_settings(minji, key, blocked=True)
    refused = page.press("Save", content="a long text")
    assert refused.status == 403
    assert refused.root.one("textarea", readonly=True).text == "a long text"
    assert "This is not possible in this chat." in refused.text
