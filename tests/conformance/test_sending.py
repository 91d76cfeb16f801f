"""Sending: what is stored of a text, repeating, conflicts, order, replies (§5, §6)."""

import pytest

from .client import Frame, Person, Requester, Socket, new_client_id
from .helpers import at_once, needs_feature, settings, writing_nothing
from .shapes import MESSAGE_FIELDS, assert_message

EMPTY = {
    "nothing": "",
    "a space": " ",
    "white space": " \t\n\r\n ",
    "a no-break space": "\u00a0",
    "an ideographic space": "\u3000",
    "a line separator": "\u2028",
    "an ogham space": "\u1680",
    "control characters": "\x01\x7f\x85",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a word joiner": "\u2060",
    "a byte order mark": "\ufeff",
    "a right-to-left override": "\u202e",
    "a soft hyphen": "\u00ad",
    "a tag character": "\U000e0041",
    "a combining grapheme joiner": "\u034f",
    "a Hangul choseong filler": "\u115f",
    "a Hangul jungseong filler": "\u1160",
    "a Hangul filler": "\u3164",
    "a half-width Hangul filler": "\uffa0",
    "an empty braille pattern": "\u2800",
    "the first variation selector": "\ufe00",
    "the last variation selector": "\ufe0f",
    "a mixture": " \u200b\u3164\u2800\ufe0f\n\u00ad\x07",
}
KEPT = {
    "white space around": "  kept \n",
    "tab and line feed": "a\tb\nc",
    "composed and decomposed Hangul": "\uac01 \u1100\u1161\u11a8",
    "markup": "<script>alert(1)</script></textarea>{{7*7}}{% now 'Y' %}",
    "a right-to-left override": "a\u202eb",
    "a family": "👨‍👩‍👧‍👦",
    "a line separator": "a\u2028b\u2029c",
    "zero-width in words": "a\u200bb",
    "quotes and backslashes": "\"'\\\\ \\u0041 %s %(a)s {0}",
    "the last code point": "\U0010ffff a",
    "a noncharacter": "\uffff a",
}
NORMALISED = {
    "CRLF": ("a\r\nb", "a\nb"),
    "CR": ("a\rb", "a\nb"),
    "both in a row": ("a\r\r\nb\n\rc", "a\n\nb\n\nc"),
    "C0 controls": ("a\x01\x08\x0b\x0c\x0e\x1b\x1fb", "ab"),
    "DEL": ("a\x7fb", "ab"),
    "C1 controls": ("a\x80\x85\x9fb", "ab"),
    "tab and line feed stay": ("a\x07\tb\nc", "a\tb\nc"),
}
BAD_TEXTS = {
    "NUL": "a\0b",
    "only NUL": "\0",
    "a high surrogate": "a\ud83d",
    "a low surrogate": "\ude00a",
    "surrogates the wrong way round": "\ude00\ud83d",
}


@pytest.mark.parametrize("content", KEPT.values(), ids=KEPT)
def test_a_text_is_kept_as_it_is(mine: Socket, peer: Person, room: str, content: str) -> None:
    message = mine.send(room, content)
    assert message["content"] == content
    assert peer.newest(room) == [message]


@pytest.mark.parametrize(("content", "stored"), NORMALISED.values(), ids=NORMALISED)
def test_line_ends_and_control_characters_are_normalised(
    voice: Requester, room: str, content: str, stored: str
) -> None:
    assert voice.send(room, content)["content"] == stored


@pytest.mark.parametrize("content", EMPTY.values(), ids=EMPTY)
def test_a_text_with_nothing_to_see_is_empty(mine: Socket, me: Person, room: str, content: str) -> None:
    with writing_nothing(room, mine):
        for asker in (mine, me):
            asker.refused("empty", "send", room=room, client_id=new_client_id(), content=content)


@pytest.mark.parametrize("content", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_text_that_is_none_is_refused(mine: Socket, me: Person, room: str, content: str) -> None:
    with writing_nothing(room, mine):
        for asker in (mine, me):
            asker.refused("bad_text", "send", room=room, client_id=new_client_id(), content=content)


@pytest.mark.parametrize("letter", ["x", "한", "😀"], ids=["ASCII", "Hangul", "beyond the BMP"])
def test_the_longest_text_is_stored(voice: Requester, mine: Socket, room: str, letter: str) -> None:
    content = letter * mine.limits["content"]
    assert voice.send(room, content)["content"] == content


@pytest.mark.parametrize("letter", ["x", "한", "😀"], ids=["ASCII", "Hangul", "beyond the BMP"])
def test_a_longer_text_is_too_long(voice: Requester, mine: Socket, room: str, letter: str) -> None:
    content = letter * (mine.limits["content"] + 1)
    with writing_nothing(room, voice):
        voice.refused("too_long", "send", room=room, client_id=new_client_id(), content=content)


def test_a_text_is_measured_after_normalising(mine: Socket, room: str) -> None:
    content = "\r\n" * 10 + "\x07" * 50 + "x" * (mine.limits["content"] - 10)
    assert mine.send(room, content)["content"] == "\n" * 10 + "x" * (mine.limits["content"] - 10)


def test_a_message_takes_the_next_seq_and_the_next_rev(voice: Requester, room: str) -> None:
    before = voice.room_object(room)
    message = voice.send(room)
    assert_message(message)
    assert (message["seq"], message["rev"]) == (before["head"] + 1, before["rev"] + 1)
    after = voice.room_object(room)
    assert (after["head"], after["rev"]) == (message["seq"], message["rev"])
    assert after["last_message"] == message


def test_a_message_says_who_wrote_what(voice: Requester, me: Person, room: str) -> None:
    client_id = new_client_id()
    message = voice.send(room, "who wrote this?", client_id=client_id)
    expected: Frame = {
        "room": room,
        "sender": me.user,
        "client_id": client_id,
        "kind": "text",
        "content": "who wrote this?",
        "data": None,
        "reply_to": None,
        "attachment": None,
        "reactions": {},
        "edited_at": None,
        "deleted_at": None,
    }
    assert {name: message[name] for name in expected} == expected


def test_fields_that_nobody_asked_for_are_ignored(voice: Requester, me: Person, peer: Person, room: str) -> None:
    head = voice.room_object(room)["head"]
    extra = {
        "sender": peer.user,
        "seq": 1,
        "rev": 1,
        "kind": "system",
        "data": {"a": 1},
        "created_at": "2000-01-01T00:00:00.000Z",
        "edited_at": "2000-01-01T00:00:00.000Z",
        "reactions": {peer.user: "👍"},
        "marker": "never stored",
    }
    message = voice.send(room, "plain", **extra)
    assert (message["sender"], message["seq"]) == (me.user, head + 1)
    assert (message["kind"], message["data"], message["reactions"]) == ("text", None, {})
    assert message["edited_at"] is None
    assert not message["created_at"].startswith("2000")
    assert "never stored" not in str(peer.newest(room))


def test_a_send_may_be_repeated_over_any_transport(mine: Socket, me: Person, room: str) -> None:
    request = {"room": room, "client_id": new_client_id(), "content": "once"}
    first = mine.do("send", **request)
    with writing_nothing(room, mine):
        again = [asker.do("send", **request) for asker in (mine, me, mine, me)]
    assert first["duplicate"] is False
    assert [answer["duplicate"] for answer in again] == [True] * 4
    assert [answer["message"] for answer in again] == [first["message"]] * 4


def test_a_send_over_http_may_be_repeated_over_a_socket(mine: Socket, me: Person, room: str) -> None:
    request = {"room": room, "client_id": new_client_id(), "content": "once"}
    first, again = me.do("send", **request), mine.do("send", **request)
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert first["message"] == again["message"]


def test_many_repetitions_at_once_store_one_message(mine: Socket, theirs: Socket, room: str) -> None:
    def requests() -> list[Frame]:
        return [{"room": room, "client_id": new_client_id(), "content": "once"}] * 10

    answers = at_once(mine, requests)
    assert {answer["type"] for answer in answers} == {"ok"}, answers
    assert [answer["duplicate"] for answer in answers].count(False) == 1
    stored = answers[0]["message"]
    assert [answer["message"] for answer in answers] == [stored] * 10
    assert [m["client_id"] for m in theirs.newest(room, limit=2)].count(stored["client_id"]) == 1


def test_payloads_are_compared_after_normalising(voice: Requester, room: str) -> None:
    client_id = new_client_id()
    first = voice.do("send", room=room, client_id=client_id, content="a\r\nb\x07")
    again = voice.do("send", room=room, client_id=client_id, content="a\nb")
    assert again["duplicate"] is True
    assert again["message"] == first["message"]


def test_a_client_id_with_another_text_is_a_conflict(mine: Socket, me: Person, room: str) -> None:
    client_id = new_client_id()
    message = mine.send(room, "one", client_id=client_id)
    with writing_nothing(room, mine):
        for asker in (mine, me):
            asker.refused("conflict", "send", room=room, client_id=client_id, content="another")
    assert mine.newest(room) == [message]


def test_a_client_id_with_another_reply_is_a_conflict(voice: Requester, mine: Socket, room: str) -> None:
    needs_feature(mine, "reply")
    client_id = new_client_id()
    message = voice.send(room, "one", client_id=client_id)
    voice.refused("conflict", "send", room=room, client_id=client_id, content="one", reply_to=message["seq"])


def test_texts_that_differ_in_case_or_emoji_are_a_conflict(mine: Socket, room: str) -> None:
    client_id = new_client_id()
    mine.send(room, "abc 😀", client_id=client_id)
    for other in ("ABC 😀", "abc 😁", "abc 😀 "):
        mine.refused("conflict", "send", room=room, client_id=client_id, content=other)


def test_one_client_id_serves_each_sender_and_each_room(
    mine: Socket, theirs: Socket, room: str, long_room: str
) -> None:
    client_id = new_client_id()
    one = mine.do("send", room=room, client_id=client_id, content="mine")
    two = theirs.do("send", room=room, client_id=client_id, content="theirs")
    three = mine.do("send", room=long_room, client_id=client_id, content="elsewhere")
    assert [one["duplicate"], two["duplicate"], three["duplicate"]] == [False, False, False]
    assert two["message"]["seq"] == one["message"]["seq"] + 1


def test_repeating_a_send_after_an_edit_answers_the_present_state(mine: Socket, me: Person, room: str) -> None:
    needs_feature(mine, "edit")
    request = {"room": room, "client_id": new_client_id(), "content": "before"}
    seq = mine.do("send", **request)["message"]["seq"]
    edited = mine.do("edit", room=room, seq=seq, content="after")["message"]
    with writing_nothing(room, mine):
        for asker in (mine, me):
            for content in ("before", "after", "quite another"):
                answer = asker.do("send", **{**request, "content": content})
                assert (answer["message"], answer["duplicate"]) == (edited, True)


def test_repeating_a_send_after_a_deletion_answers_the_tombstone(mine: Socket, me: Person, room: str) -> None:
    needs_feature(mine, "delete")
    request = {"room": room, "client_id": new_client_id(), "content": "gone"}
    seq = mine.do("send", **request)["message"]["seq"]
    tombstone = mine.do("delete", room=room, seq=seq)["message"]
    with writing_nothing(room, mine):
        for asker in (mine, me):
            for content in ("gone", "quite another"):
                answer = asker.do("send", **{**request, "content": content})
                assert (answer["message"], answer["duplicate"]) == (tombstone, True)


def test_a_repetition_is_checked_for_its_content_first(mine: Socket, room: str) -> None:
    client_id = new_client_id()
    mine.send(room, "one", client_id=client_id)
    mine.refused("empty", "send", room=room, client_id=client_id, content=" ")
    mine.refused("too_long", "send", room=room, client_id=client_id, content="x" * (mine.limits["content"] + 1))


def test_a_repetition_is_answered_in_a_blocked_room_too(mine: Socket, me: Person, peer: Person, room: str) -> None:
    request = {"room": room, "client_id": new_client_id(), "content": "before the block"}
    message = mine.do("send", **request)["message"]
    with settings(peer, room, blocked=True):
        for asker in (mine, me):
            answer = asker.do("send", **request)
            assert (answer["message"], answer["duplicate"]) == (message, True)
            asker.refused("conflict", "send", **{**request, "content": "another"})


def test_the_membership_is_checked_before_the_content(voice: Requester, missing_room: str) -> None:
    voice.refused("not_found", "send", room=missing_room, client_id=new_client_id(), content=" ")


def test_sends_on_one_socket_keep_the_order_of_their_frames(mine: Socket, peer: Person, room: str) -> None:
    texts = [f"number {number}" for number in range(8)]

    def requests() -> list[Frame]:
        return [{"room": room, "client_id": new_client_id(), "content": text} for text in texts]

    stored = [answer["message"] for answer in at_once(mine, requests)]
    assert [message["content"] for message in stored] == texts
    assert [message["seq"] for message in stored] == list(range(stored[0]["seq"], stored[0]["seq"] + len(texts)))
    assert peer.newest(room, limit=len(texts)) == stored


def test_a_reply_names_its_message(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "reply")
    question = theirs.send(room)
    answer = voice.send(room, reply_to=question["seq"])
    assert answer["reply_to"] == question["seq"]
    assert theirs.newest(room) == [answer]


def test_a_reply_to_a_message_that_is_not_there_is_refused(voice: Requester, mine: Socket, room: str) -> None:
    needs_feature(mine, "reply")
    ahead = voice.room_object(room)["head"] + 1000
    with writing_nothing(room, voice):
        answer = voice.request("send", room=room, client_id=new_client_id(), content="to whom?", reply_to=ahead)
    assert answer.get("code") in ("not_found", "bad_request")


def test_an_upload_token_that_is_none_is_refused(voice: Requester, mine: Socket, room: str) -> None:
    needs_feature(mine, "attachment")
    with writing_nothing(room, voice):
        answer = voice.request("send", room=room, client_id=new_client_id(), content="see", attachment="no token")
    assert answer["type"] == "error"
    assert answer["code"] not in ("error", "busy")


def test_a_sender_has_read_what_he_sends(voice: Requester, theirs: Socket, room: str) -> None:
    theirs.send(room)
    message = voice.send(room)
    room_object = voice.room_object(room)
    assert (room_object["me"]["read"], room_object["unread"]) == (message["seq"], 0)


def test_every_message_has_the_same_fields_everywhere(mine: Socket, me: Person, room: str) -> None:
    message = mine.send(room)
    assert message.keys() >= MESSAGE_FIELDS
    assert mine.newest(room) == me.newest(room) == [message]
    assert mine.room_object(room)["last_message"] == me.room_object(room)["last_message"] == message
