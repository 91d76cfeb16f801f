"""Answers have a size, and paging gets on all the same (§5, §7)."""

import json

from .client import Frame, Requester, Socket

LARGE = "😀" * 4000
COUNT = 45
ANSWER_BYTES = 600_000


def size(answer: Frame) -> int:
    return len(json.dumps(answer, ensure_ascii=False).encode())


def seqs(messages: list[Frame]) -> list[int]:
    return [message["seq"] for message in messages]


def test_pages_of_large_messages_are_smaller_and_lead_to_the_beginning(
    voice: Requester, mine: Socket, room: str
) -> None:
    position = voice.position(room)
    sent = seqs([mine.send(room, LARGE) for _ in range(COUNT)])

    (entry,) = voice.do("sync", rooms={room: position})["rooms"]
    assert size(entry) <= ANSWER_BYTES
    assert (entry["limited"], entry["reset"]) == (True, False)
    assert 1 <= len(entry["changes"]) < COUNT
    assert seqs(entry["changes"])[-1] == sent[-1]

    found = seqs(entry["changes"])
    while found[0] > sent[0]:
        page = voice.do("history", room=room, before=found[0], limit=100)
        assert size(page) <= ANSWER_BYTES
        assert page["has_after"]
        found = seqs(page["messages"]) + found
    assert found[-COUNT:] == sent

    hits: list[int] = []
    page = voice.do("search", room=room, query="😀", limit=100)
    hits += seqs(page["messages"])
    while page["next"] is not None:
        assert size(page) <= ANSWER_BYTES
        page = voice.do("search", room=room, query="😀", limit=100, before=page["next"])
        hits += seqs(page["messages"])
    # Others have written into this room before.
    assert hits[:COUNT] == sent[::-1]
    assert hits == sorted(set(hits), reverse=True)
