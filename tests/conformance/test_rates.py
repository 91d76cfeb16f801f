"""A person who sends too much is told to wait, and loses nothing by it (§6, §9)."""

import time
from itertools import islice

from .client import Frame, Person, Socket, new_client_id
from .conftest import Connect, Rate
from .helpers import writing_nothing

EXCESS = 180
READS = 120
"""Far more than the 30 searches that may come at once, as the server is set up by default."""


def flood(sockets: list[Socket], room: str, texts: dict[str, str]) -> dict[str, Frame]:
    """Sends everything at once, over each socket in turn; the answers by client id."""
    asked = {}
    for number, (client_id, text) in enumerate(texts.items()):
        socket = sockets[number % len(sockets)]
        asked[client_id] = socket, socket.put("send", room=room, client_id=client_id, content=text)
    return {client_id: socket.answer(request_id) for client_id, (socket, request_id) in asked.items()}


def unique_texts(count: int) -> dict[str, str]:
    return {new_client_id(): f"flood {number}" for number in range(count)}


def allowed(rate: Rate, seconds: float) -> float:
    """The burst, what has been added since, and half a burst that processes may have taken for later."""
    return rate.burst * 1.5 + seconds * rate.per_minute / 60


def test_a_flood_is_stored_up_to_the_burst_and_nothing_of_it_is_lost(
    stranger: Person, peer: Person, connect: Connect, foreign_room: str, rate: Rate
) -> None:
    sockets = [connect(stranger), connect(stranger)]
    texts = unique_texts(rate.burst + EXCESS)
    head = peer.room_object(foreign_room)["head"]
    started = time.monotonic()
    answers = flood(sockets, foreign_room, texts)
    seconds = time.monotonic() - started

    stored = [client_id for client_id, answer in answers.items() if answer["type"] == "ok"]
    refused = {client_id: answer for client_id, answer in answers.items() if answer["type"] == "error"}
    assert {answer["code"] for answer in refused.values()} == {"rate_limited"}
    assert all(answer["retry_after"] > 0 for answer in refused.values())
    assert len(stored) <= allowed(rate, seconds), f"in {seconds:.1f} s"
    assert peer.room_object(foreign_room)["head"] == head + len(stored)

    # Who waits as told gets through with the same ids, and has waited for nothing but the limit.
    for client_id in list(refused)[:5]:
        answer = sockets[0].do("send", room=foreign_room, client_id=client_id, content=texts[client_id])
        assert answer["message"]["content"] == texts[client_id]


def test_a_duplicate_is_answered_in_the_middle_of_a_flood(strangers: Socket, foreign_room: str, rate: Rate) -> None:
    request = {"room": foreign_room, "client_id": new_client_id(), "content": "once"}
    message = strangers.do("send", **request)["message"]
    flood([strangers], foreign_room, unique_texts(rate.burst + EXCESS))
    answers = [strangers.ask_once("send", **request) for _ in range(rate.burst + 5)]
    assert [answer.get("message") for answer in answers] == [message] * len(answers)


def test_the_limit_is_one_for_sockets_and_http(
    strangers: Socket, stranger: Person, foreign_room: str, rate: Rate
) -> None:
    started = time.monotonic()
    answers = list(flood([strangers], foreign_room, unique_texts(rate.burst + EXCESS)).values())
    answers += [
        stranger.ask_once("send", room=foreign_room, client_id=client_id, content=text)
        for client_id, text in unique_texts(rate.burst).items()
    ]
    seconds = time.monotonic() - started
    refusals = {(answer.get("status"), answer["code"]) for answer in answers if answer["type"] == "error"}
    stored = sum(answer["type"] == "ok" for answer in answers)
    assert refusals <= {(None, "rate_limited"), (429, "rate_limited")}
    assert stored <= allowed(rate, seconds), f"in {seconds:.1f} s"


def test_the_flood_of_one_costs_the_other_nothing(
    strangers: Socket, theirs: Socket, foreign_room: str, rate: Rate
) -> None:
    theirs.send(foreign_room)
    waiting = [
        strangers.put("send", room=foreign_room, client_id=client_id, content=text)
        for client_id, text in unique_texts(rate.burst + EXCESS).items()
    ]
    message = theirs.send(foreign_room, "calm")
    assert message["content"] == "calm"
    assert {strangers.answer(request_id).get("code") for request_id in waiting} >= {"rate_limited"}


def test_what_is_refused_for_other_reasons_costs_no_sends(mine: Socket, room: str, rate: Rate) -> None:
    with writing_nothing(room, mine):
        for _ in range(rate.burst + 5):
            mine.refused("empty", "send", room=room, client_id=new_client_id(), content=" ")
    assert mine.request("send", room=room, client_id=new_client_id(), content="at last")["type"] == "ok"


def test_an_edit_costs_what_a_message_costs(stranger: Person, connect: Connect, foreign_room: str, rate: Rate) -> None:
    editing, sending = connect(stranger), connect(stranger)
    seq = editing.send(foreign_room)["seq"]
    started = time.monotonic()
    asked = [
        editing.put("edit", room=foreign_room, seq=seq, content=f"edited {number}")
        for number in range(rate.burst + EXCESS)
    ]
    answers = list(flood([sending], foreign_room, unique_texts(rate.burst + EXCESS)).values())
    answers += [editing.answer(request_id) for request_id in asked]
    answers += [stranger.ask_once("edit", room=foreign_room, seq=seq, content=f"again {n}") for n in range(rate.burst)]
    seconds = time.monotonic() - started
    done = sum(answer["type"] == "ok" for answer in answers)
    refusals = {(answer.get("status"), answer["code"]) for answer in answers if answer["type"] == "error"}
    # The flood of sends keeps the room locked, and a connection lets 64 edits wait for it.
    assert refusals <= {(None, "rate_limited"), (429, "rate_limited"), (None, "busy")}
    assert done <= allowed(rate, seconds), f"in {seconds:.1f} s"


def test_reading_without_end_is_limited_over_sockets_and_http_together(strangers: Socket, stranger: Person) -> None:
    asked = {"query": "what nobody wrote"}
    waiting = [strangers.put("search", **asked) for _ in range(READS)]
    refused = [answer for answer in map(strangers.answer, waiting) if answer["type"] == "error"]
    over_http = (stranger.ask_once("search", **asked) for _ in range(READS))
    refused += islice((answer for answer in over_http if answer["type"] == "error"), 1)
    assert {(answer.get("status"), answer["code"]) for answer in refused} == {
        (None, "rate_limited"),
        (429, "rate_limited"),
    }
    time.sleep(max(answer["retry_after"] for answer in refused))
    assert stranger.ask_once("search", **asked)["type"] == "ok"
