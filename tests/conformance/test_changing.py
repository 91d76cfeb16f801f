"""Editing, deleting and reacting (§5)."""

import pytest

from .client import Frame, Person, Requester, Socket, new_client_id
from .helpers import needs_feature, writing_nothing
from .shapes import KEPT_BY_A_TOMBSTONE, assert_message, assert_tombstone

EMOJI = {
    "one code point": "👍",
    "a skin tone": "👍🏽",
    "a family": "👨‍👩‍👧‍👦",
    "a flag": "🇰🇷",
    "a flag of tags": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a heart with a selector": "❤\ufe0f",
    "a keycap": "1\ufe0f\u20e3",
    "a profession": "👩🏿\u200d🚀",
    "a rainbow flag": "🏳\ufe0f\u200d🌈",
}


@pytest.fixture(autouse=True)
def offered(request: pytest.FixtureRequest, mine: Socket) -> None:
    """Each test names the feature it tries by the first word that is one."""
    words = request.node.name.split("[")[0].split("_")
    for word, feature in {
        "edit": "edit",
        "delete": "delete",
        "deletion": "delete",
        "reaction": "react",
    }.items():
        if word in words:
            needs_feature(mine, feature)


# Editing


def test_an_edit_changes_the_text_and_the_rev_and_nothing_else(voice: Requester, theirs: Socket, room: str) -> None:
    message = voice.send(room)
    edited = voice.do("edit", room=room, seq=message["seq"], content="edited")["message"]
    assert_message(edited)
    assert edited["edited_at"] is not None
    assert edited == {
        **message,
        "content": "edited",
        "rev": message["rev"] + 1,
        "edited_at": edited["edited_at"],
    }
    assert theirs.newest(room) == [edited]
    after = voice.room_object(room)
    assert (after["head"], after["rev"], after["last_message"]) == (message["seq"], edited["rev"], edited)


def test_an_edit_with_an_equal_text_changes_nothing(voice: Requester, theirs: Socket, room: str) -> None:
    message = voice.send(room, "the\nsame")
    with writing_nothing(room, voice, theirs):
        for same in ("the\nsame", "the\r\nsame", "the\nsa\x07me"):
            assert voice.do("edit", room=room, seq=message["seq"], content=same)["message"] == message


def test_an_edit_is_normalised_as_a_send_is(voice: Requester, room: str) -> None:
    seq = voice.send(room)["seq"]
    assert voice.do("edit", room=room, seq=seq, content="a\r\nb\x07\rc")["message"]["content"] == "a\nb\nc"


def test_an_edit_keeps_reply_and_reactions(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "reply")
    needs_feature(mine, "react")
    question = theirs.send(room)
    message = voice.send(room, reply_to=question["seq"])
    theirs.do("react", room=room, seq=message["seq"], emoji="👍")
    edited = voice.do("edit", room=room, seq=message["seq"], content="edited")["message"]
    assert edited["reply_to"] == question["seq"]
    assert edited["reactions"] == {theirs.user: "👍"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty"),
        (" \u200b\u3164", "empty"),
        ("a\0", "bad_text"),
        ("a\ud83d", "bad_text"),
        (None, "too_long"),
    ],
    ids=["nothing", "nothing to see", "NUL", "a surrogate", "too long"],
)
def test_an_edit_to_a_text_that_cannot_be_sent_is_refused(
    voice: Requester, mine: Socket, room: str, content: str | None, code: str
) -> None:
    seq = voice.send(room)["seq"]
    text = "😀" * (mine.limits["content"] + 1) if content is None else content
    with writing_nothing(room, voice):
        voice.refused(code, "edit", room=room, seq=seq, content=text)


def test_the_peer_cannot_edit_my_message(mine: Socket, theirs: Socket, peer: Person, room: str) -> None:
    message = mine.send(room)
    with writing_nothing(room, mine, theirs):
        for asker in (theirs, peer):
            asker.refused("cannot_send", "edit", room=room, seq=message["seq"], content="not mine")
    assert mine.newest(room) == [message]


def test_an_edit_of_a_message_that_is_not_there_is_not_found(voice: Requester, room: str) -> None:
    ahead = voice.room_object(room)["head"] + 1
    for seq in (ahead, ahead + 1000):
        voice.refused("not_found", "edit", room=room, seq=seq, content="x")


def test_a_deletion_cannot_be_undone_by_an_edit(voice: Requester, theirs: Socket, room: str) -> None:
    seq = voice.send(room)["seq"]
    tombstone = voice.do("delete", room=room, seq=seq)["message"]
    with writing_nothing(room, voice, theirs):
        answer = voice.request("edit", room=room, seq=seq, content="back again")
    assert answer.get("code") in ("cannot_send", "not_found")
    assert theirs.newest(room) == [tombstone]


# Deleting


def test_a_deletion_leaves_a_tombstone_for_both(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "react")
    message = voice.send(room, "a secret")
    reacted = theirs.do("react", room=room, seq=message["seq"], emoji="👍")["message"]
    tombstone = voice.do("delete", room=room, seq=message["seq"])["message"]
    assert_tombstone(tombstone)
    assert tombstone["rev"] == reacted["rev"] + 1
    assert {name: tombstone[name] for name in KEPT_BY_A_TOMBSTONE} == {
        name: message[name] for name in KEPT_BY_A_TOMBSTONE
    }
    for asker in (mine, theirs):
        assert asker.newest(room) == [tombstone]
        assert asker.room_object(room)["last_message"] == tombstone
        assert "a secret" not in str(asker.newest(room, limit=100))


def test_repeating_a_deletion_changes_nothing(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    seq = voice.send(room)["seq"]
    tombstone = voice.do("delete", room=room, seq=seq)["message"]
    with writing_nothing(room, mine, theirs):
        assert voice.do("delete", room=room, seq=seq)["message"] == tombstone


def test_a_deletion_leaves_the_count_of_unread_messages(mine: Socket, theirs: Socket, room: str) -> None:
    seqs = [mine.send(room)["seq"] for _ in range(2)]
    unread = theirs.room_object(room)["unread"]
    mine.do("delete", room=room, seq=seqs[0])
    assert theirs.room_object(room)["unread"] == unread >= 2


def test_the_peer_cannot_delete_my_message(mine: Socket, theirs: Socket, peer: Person, room: str) -> None:
    message = mine.send(room)
    with writing_nothing(room, mine, theirs):
        for asker in (theirs, peer):
            asker.refused("cannot_send", "delete", room=room, seq=message["seq"])
    assert mine.newest(room) == [message]


def test_to_delete_a_message_that_is_not_there_is_not_found(voice: Requester, room: str) -> None:
    ahead = voice.room_object(room)["head"] + 1
    for seq in (ahead, ahead + 1000):
        voice.refused("not_found", "delete", room=room, seq=seq)


# Reacting


@pytest.mark.parametrize("emoji", EMOJI.values(), ids=EMOJI)
def test_a_reaction_is_any_one_emoji(voice: Requester, mine: Socket, theirs: Socket, room: str, emoji: str) -> None:
    [message] = theirs.newest(room)
    voice.do("react", room=room, seq=message["seq"], emoji=None)
    reacted = voice.do("react", room=room, seq=message["seq"], emoji=emoji)["message"]
    assert reacted["reactions"][mine.user] == emoji
    assert theirs.newest(room) == [reacted]


def test_a_reaction_is_set_replaced_and_taken_back(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    message = theirs.send(room)
    seq = message["seq"]
    states: list[Frame] = [
        voice.do("react", room=room, seq=seq, emoji=emoji)["message"] for emoji in ("👍", "🎉", None)
    ]
    assert [state["reactions"] for state in states] == [{mine.user: "👍"}, {mine.user: "🎉"}, {}]
    assert [state["rev"] for state in states] == [message["rev"] + step for step in (1, 2, 3)]
    assert {**states[-1], "rev": message["rev"]} == message


def test_a_reaction_repeated_changes_nothing(voice: Requester, theirs: Socket, room: str) -> None:
    seq = theirs.send(room)["seq"]
    for emoji in ("👍", None):
        reacted = voice.do("react", room=room, seq=seq, emoji=emoji)["message"]
        with writing_nothing(room, voice, theirs):
            assert voice.do("react", room=room, seq=seq, emoji=emoji)["message"] == reacted


def test_each_person_has_a_reaction_of_their_own(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "react")
    seq = voice.send(room)["seq"]
    theirs.do("react", room=room, seq=seq, emoji="🎉")
    both = voice.do("react", room=room, seq=seq, emoji="👍")["message"]
    assert both["reactions"] == {mine.user: "👍", theirs.user: "🎉"}
    one = voice.do("react", room=room, seq=seq, emoji=None)["message"]
    assert one["reactions"] == {theirs.user: "🎉"}


def test_a_tombstone_takes_no_reaction(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "delete")
    seq = voice.send(room)["seq"]
    tombstone = voice.do("delete", room=room, seq=seq)["message"]
    voice.request("react", room=room, seq=seq, emoji="👍")
    assert theirs.newest(room) == [tombstone]


def test_a_reaction_to_a_message_that_is_not_there_is_not_found(voice: Requester, room: str) -> None:
    ahead = voice.room_object(room)["head"] + 1
    for seq in (ahead, ahead + 1000):
        for emoji in ("👍", None):
            voice.refused("not_found", "react", room=room, seq=seq, emoji=emoji)


def test_changes_cost_no_sends(mine: Socket, theirs: Socket, room: str, rate: tuple[int, int]) -> None:
    needs_feature(mine, "react")
    seq = mine.send(room)["seq"]
    answers = [
        theirs.ask_once("react", room=room, seq=seq, emoji=("👍", "🎉")[number % 2]) for number in range(rate[1] + 10)
    ]
    assert {answer["type"] for answer in answers} == {"ok"}
    assert theirs.request("send", room=room, client_id=new_client_id(), content="still")["type"] == "ok"
