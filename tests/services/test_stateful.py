"""Any sequence of acts by two people, the host and a stranger, against a model of the rules in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from django_pairchat import get_message_model, get_room_model
from django_pairchat.dispatch import HANDLERS, Result, dispatch
from django_pairchat.exceptions import ChatError, NotFound
from django_pairchat.held.models import HeldMessage
from django_pairchat.protocol.requests import (
    Delete,
    Delivered,
    Edit,
    History,
    Inbox,
    Open,
    Ping,
    Position,
    React,
    Read,
    Report,
    Request,
    Search,
    Send,
    Settings,
    Star,
    Stars,
    Sync,
    Typing,
)
from django_pairchat.services import (
    erase_messages,
    get_room,
    open_room,
    prune,
    refuse_held,
    release_held,
    send,
    set_legal_hold,
    sign_topic,
    store_upload,
    touch_topic,
    update_card,
    withdraw_held,
)
from django_pairchat.services.messages import change_preview
from django_pairchat.signals import message_reported
from tests.support.listening import listening, received
from tests.support.outcomes import attempt
from tests.support.people import make_topic, make_user
from tests.support.policies import Reviews, chosen
from tests.support.replica import Replica, view_of

from .model import SYSTEM, Draft, Room, Upload, Waiting, World

TOPICS = 3
MORE_WALKS = 4
whose = st.sampled_from([0, 1])
# Of the rooms that are open by then.
which_room = st.integers(min_value=0, max_value=TOPICS - 1)
seqs = st.integers(min_value=0, max_value=7)
texts = st.sampled_from(["hello", "안녕", "bye 😀", "mask me", "hold me"])
client_ids = st.sampled_from([UUID(int=number) for number in range(1, 9)])
wrappings = st.fixed_dictionaries(
    {"content": texts | st.just(""), "album": st.sampled_from([None, UUID(int=1), UUID(int=2)])}
)
emoji = st.sampled_from(["👍", "❤️", None])
replies = st.none() | seqs
manners = st.fixed_dictionaries(
    {"kind": st.sampled_from(["text", "offer"]), "data": st.sampled_from([None, {"price": [3]}]), "read": st.booleans()}
)


class Machine(RuleBasedStateMachine):
    """The services do what the model does, and each client's copy follows by events alone."""

    @initialize()
    def begin(self) -> None:
        self.everything = transaction.atomic()
        self.everything.__enter__()
        self.people = [make_user("Minji"), make_user("Juwon")]
        self.stranger = make_user("Sora")
        self.topics = [None, *(make_topic() for _ in range(TOPICS - 1))]
        self.world = World()
        self.keys: dict[Room, str] = {}
        self.epochs: dict[Room, str] = {}
        self.uploads: list[tuple[Upload, str]] = []
        for topic in range(2):
            opened = open_room(self.people[topic], self.people[1 - topic], self.topics[topic])
            self.remember(self.world.open(topic, topic), opened)
        self.replicas = [Replica(user) for user in self.people]
        self.views = [view_of(user) for user in self.people]

    def teardown(self) -> None:
        if hasattr(self, "everything"):
            transaction.set_rollback(True)
            self.everything.__exit__(None, None, None)

    def remember(self, room: Room, stored: Any) -> None:
        self.keys[room], self.epochs[room] = str(stored.pk), stored.epoch
        room.title = str(self.topics[room.topic]) if room.topic else None

    def room(self, number: int) -> tuple[Room, str]:
        room = self.world.rooms[number % len(self.world.rooms)]
        return room, self.keys[room]

    # Each act: the same refusal as the model's, the same views, and people are told only what they can see

    def do(self, act: Callable[[], Any], expected: Callable[[], Any]) -> None:
        outcome = refusal_of(expected)
        with listening() as heard:
            assert refusal_of(act) == outcome
        for who, (user, replica) in enumerate(zip(self.people, self.replicas, strict=True)):
            mine = heard.for_user(user)
            for change in mine:
                replica.hear(change)
            now = view_of(user)
            assert self.as_modelled(now) == self.expected_views(who)
            assert replica.view == now
            assert mine == [] or now != self.views[who]
            assert self.named_by_a_ping(user, self.views[who]) == rooms_that_differ(self.views[who], now)
            self.views[who] = now
        assert heard.for_user(self.stranger) == []

    def named_by_a_ping(self, user: Any, view: dict[str, Any]) -> set[str]:
        """The rooms of which the server says that they are no longer as this client has them."""
        positions = {key: Position(room["epoch"], room["rev"], room["state"]) for key, room in view.items()}
        return set(dispatch(user, Ping(rooms=positions, inbox=None)).result["rooms"])

    def nothing_changes(self, act: Callable[[], Any], expected: Callable[[], Any]) -> None:
        """For what is told and never stored."""
        assert refusal_of(act) == refusal_of(expected)
        assert [view_of(user) for user in self.people] == self.views

    def expected_views(self, who: int) -> dict[str, Any]:
        return {self.keys[room]: room.view(who) for room in self.world.rooms if room.is_listed_for(who)}

    def as_modelled(self, view: dict[str, Any]) -> dict[str, Any]:
        return {key: self.room_as_modelled(room) for key, room in view.items()}

    def room_as_modelled(self, room: dict[str, Any]) -> dict[str, Any]:
        me = room["me"]
        mine = (me["read"], me["cleared"], me["muted_until"] is not None)
        return {
            "head": room["head"],
            "rev": room["rev"],
            "unread": room["unread"],
            "me": (*mine, me["archived"], me["pinned"], me["marked_unread"], me["blocked"]),
            "peer read": room["peer"]["read"],
            "peer delivered": room["peer"]["delivered"],
            "can send": room["can_send"],
            "topic": room["topic"] and room["topic"]["title"],
            "last": None if room["last_message"] is None else room["last_message"]["seq"],
            "starred": room["starred"],
            "held": [(held["kind"], held["content"], held["refused"] is not None) for held in room.get("held", [])],
            "messages": {seq: self.message_as_modelled(message) for seq, message in room["messages"].items()},
        }

    def message_as_modelled(self, message: dict[str, Any]) -> tuple[Any, ...]:
        numbers = {str(user.pk): who for who, user in enumerate(self.people)}
        return (
            None if message["sender"] is None else numbers[message["sender"]],
            message["kind"],
            message["content"],
            message["data"],
            message["reply_to"],
            None if message["attachment"] is None else message["attachment"]["name"],
            message["album"],
            message["rev"],
            message["edited_at"] is not None,
            message["deleted_at"] is not None,
            {numbers[user]: given for user, given in message["reactions"].items()},
        )

    # Opening

    @rule(who=whose, topic=which_room, by_token=st.booleans())
    def opening(self, who: int, topic: int, by_token: bool) -> None:
        user, peer = self.people[who], self.people[1 - who]

        def act() -> None:
            if by_token:
                token = None if self.topics[topic] is None else sign_topic(self.topics[topic], peer)
                opened = get_room(user, dispatch(user, Open(user=str(peer.pk), topic=token)).result["room"]["room"])
            else:
                opened = open_room(user, peer, self.topics[topic])
            room = next(room for room in self.world.rooms if room.topic == topic)
            assert self.keys.get(room, str(opened.pk)) == str(opened.pk)
            self.remember(room, opened)

        self.do(act, lambda: self.world.open(who, topic))

    # Messages

    @rule(who=whose, room=which_room, text=texts, client_id=client_ids, reply_to=replies)
    def a_person_sends(self, who: int, room: int, text: str, client_id: UUID, reply_to: int | None) -> None:
        model, key = self.room(room)
        self.do(
            lambda: dispatch(
                self.people[who], Send(room=key, client_id=client_id, content=text, reply_to=reply_to, attachment=None)
            ),
            lambda: model.send(Draft(who, text, client_id, reply_to=reply_to)),
        )

    @rule(who=whose, room=which_room, text=texts, client_id=client_ids, how=manners)
    def a_program_sends(self, who: int, room: int, text: str, client_id: UUID, how: dict[str, Any]) -> None:
        model, key = self.room(room)
        user = self.people[who]
        self.do(
            lambda: send(get_room(user, key), user, text, client_id=client_id, **how),
            lambda: model.send(Draft(who, text, client_id, **how)),
        )

    @rule(room=which_room, text=texts, client_id=client_ids)
    def the_system_sends(self, room: int, text: str, client_id: UUID) -> None:
        model, key = self.room(room)
        loaded = get_room(self.people[0], key)
        self.do(
            lambda: send(loaded, None, text, client_id=client_id, kind="system"),
            lambda: model.send(Draft(SYSTEM, text, client_id, kind="system")),
        )

    @rule(who=whose, room=which_room)
    def upload(self, who: int, room: int) -> None:
        model, key = self.room(room)
        name = f"file {len(self.uploads)}.txt"

        def act() -> None:
            stored = store_upload(self.people[who], key, SimpleUploadedFile(name, b"hello"))
            self.uploads.append((Upload(who, model, name), stored.token))

        self.do(act, model.require_open)

    @rule(who=whose, room=which_room, number=st.integers(0, 3), client_id=client_ids, how=wrappings)
    def a_person_sends_a_file(self, who: int, room: int, number: int, client_id: UUID, how: dict[str, Any]) -> None:
        model, key = self.room(room)
        usable = [
            each
            for each in self.uploads
            if not each[0].is_gone and (each[0].message is None or not each[0].message.deleted)
        ]
        if usable:
            upload, token = usable[number % len(usable)]
            self.do(
                lambda: dispatch(
                    self.people[who],
                    Send(room=key, client_id=client_id, reply_to=None, attachment=token, **how),
                ),
                lambda: model.send(Draft(who, client_id=client_id, kind="file", upload=upload, **how)),
            )

    @rule(who=whose, room=which_room, seq=seqs, text=texts)
    def edit(self, who: int, room: int, seq: int, text: str) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], Edit(key, seq, text)), lambda: model.edit(who, seq, text))

    @rule(who=whose, room=which_room, seq=seqs, text=texts, removed=st.booleans())
    def change_preview(self, who: int, room: int, seq: int, text: str, removed: bool) -> None:
        model, key = self.room(room)
        preview = None if removed else {"url": text, "title": "Page"}
        self.do(
            lambda: change_preview(self.people[who], key, seq, preview),
            lambda: model.change_preview(who, seq, preview),
        )

    @rule(who=whose, room=which_room, seq=seqs)
    def delete(self, who: int, room: int, seq: int) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], Delete(key, seq)), lambda: model.delete(who, seq))

    @rule(who=whose, room=which_room, seq=seqs, given=emoji)
    def react(self, who: int, room: int, seq: int, given: str | None) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], React(key, seq, given)), lambda: model.react(who, seq, given))

    @rule(room=which_room, seq=seqs, data=st.sampled_from([{"price": [3]}, {"price": 4}]), text=st.none() | texts)
    def a_program_updates_a_card(self, room: int, seq: int, data: dict[str, Any], text: str | None) -> None:
        model, key = self.room(room)
        card = get_message_model().objects.filter(room=key, seq=seq).first()
        if card is None:
            return
        self.do(
            lambda: update_card(card, data, content=text),
            lambda: model.update_card(model.messages[seq - 1], data, text),
        )

    # What waits for a decision

    def waiting(self, number: int) -> tuple[Room, Waiting, Any] | None:
        """One of the messages that wait or were refused, in all rooms."""
        rows = list(HeldMessage.objects.select_related("sender").order_by("pk"))
        if not rows:
            return None
        row = rows[number % len(rows)]
        room = next(room for room, key in self.keys.items() if key == row.room_key)
        return room, room.waiting[self.people.index(row.sender), row.client_id], row

    @rule(number=st.integers(0, 5))
    def release(self, number: int) -> None:
        if found := self.waiting(number):
            room, held, row = found
            self.do(lambda: release_held(row), lambda: room.release(held))

    @rule(number=st.integers(0, 5))
    def refuse(self, number: int) -> None:
        if found := self.waiting(number):
            _room, held, row = found

            def expected() -> None:
                if held.refused:
                    raise NotFound
                held.refused = True

            self.do(lambda: refuse_held(row, "No."), expected)

    @rule(who=whose, room=which_room, client_id=client_ids)
    def withdraw(self, who: int, room: int, client_id: UUID) -> None:
        model, key = self.room(room)
        self.do(lambda: withdraw_held(self.people[who], key, client_id), lambda: model.withdraw(who, client_id))

    # What one sets for oneself

    @rule(who=whose, room=which_room, seq=seqs, on=st.booleans())
    def star(self, who: int, room: int, seq: int, on: bool) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], Star(key, seq, on)), lambda: model.star(who, seq, on))

    @rule(who=whose, room=which_room, seq=seqs)
    def read(self, who: int, room: int, seq: int) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], Read(key, seq)), lambda: model.read(who, seq))

    @rule(who=whose, room=which_room, seq=seqs)
    def get(self, who: int, room: int, seq: int) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], Delivered(key, seq)), lambda: model.deliver(who, seq))

    @rule(who=whose, room=which_room, on=st.booleans())
    def pin(self, who: int, room: int, on: bool) -> None:
        model, key = self.room(room)
        if not model.is_listed_for(who):
            return

        def expected() -> None:
            side = model.sides[who]
            side.pinned, side.archived = on, side.archived and not on

        self.do(lambda: dispatch(self.people[who], Settings(key, {"pinned": on})), expected)

    @rule(who=whose, room=which_room, archived=st.booleans(), marked=st.booleans(), muted=st.booleans())
    def put_away(self, who: int, room: int, archived: bool, marked: bool, muted: bool) -> None:
        model, key = self.room(room)
        if not model.is_listed_for(who):
            return
        until = datetime(2100, 1, 1, tzinfo=UTC) if muted else None

        def expected() -> None:
            side = model.sides[who]
            side.archived, side.pinned, side.marked, side.muted = archived, side.pinned and not archived, marked, muted

        changes: dict[str, Any] = {"archived": archived, "marked_unread": marked, "muted_until": until}
        self.do(lambda: dispatch(self.people[who], Settings(key, changes)), expected)

    @rule(who=whose, room=which_room, seq=seqs)
    def clear(self, who: int, room: int, seq: int) -> None:
        model, key = self.room(room)
        self.do(lambda: dispatch(self.people[who], Settings(key, {"cleared": seq})), lambda: model.clear(who, seq))

    @rule(who=whose, room=which_room, blocked=st.booleans())
    def block(self, who: int, room: int, blocked: bool) -> None:
        _, key = self.room(room)
        self.do(
            lambda: dispatch(self.people[who], Settings(key, {"blocked": blocked})),
            lambda: self.world.block(who, blocked),
        )

    # What the host removes

    @rule(room=which_room, seq=seqs)
    def prune(self, room: int, seq: int) -> None:
        model, key = self.room(room)
        rooms = get_room_model().objects.filter(pk=key)
        if model.held:
            # All of it is older than that, and all of it stays.
            self.do(lambda: list(prune(datetime(2100, 1, 1, tzinfo=UTC), rooms)), lambda: model.prune(seq))
            return
        before = datetime(2001, 1, 1, tzinfo=UTC)
        rooms.update(created_at=datetime(2000, 1, 1, tzinfo=UTC))
        get_message_model().objects.filter(room=key, seq__lte=seq).update(created_at=datetime(2000, 1, 1, tzinfo=UTC))
        self.do(lambda: list(prune(before, rooms)), lambda: model.prune(seq))
        assert not get_message_model().objects.filter(room=key, seq__lte=seq).exists()

    @rule(room=which_room, on=st.booleans())
    def hold(self, room: int, on: bool) -> None:
        model, key = self.room(room)

        def expected() -> None:
            model.held = on

        self.do(lambda: set_legal_hold(get_room(self.people[0], key), on), expected)

    @rule(who=whose, room=which_room)
    def erase(self, who: int, room: int) -> None:
        self.do(lambda: list(erase_messages(self.people[who])), lambda: self.world.erase(who))

    @rule(room=which_room)
    def the_topic_changes(self, room: int) -> None:
        model, _ = self.room(room)
        topic = self.topics[model.topic]
        if topic is None:
            return

        def expected() -> None:
            model.title = f"Changed {self.world.tick()} times"

        def act() -> None:
            topic.name = model.title
            topic.save()
            touch_topic(topic)

        self.do(act, expected)

    # What is told and never stored

    @rule(who=whose, room=which_room, on=st.booleans())
    def typing(self, who: int, room: int, on: bool) -> None:
        model, key = self.room(room)
        me, peer = self.people[who], self.people[1 - who]
        with listening() as heard:
            self.nothing_changes(lambda: dispatch(me, Typing(room=key, on=on)), model.require_open)
        event = {"type": "event", "kind": "typing", "room": key, "user": str(me.pk), "on": on}
        # Nobody is told of a room that has no message yet.
        assert heard.events(peer) == ([event] if model.head and not model.blocked else [])
        assert heard.for_user(me) == heard.for_user(self.stranger) == []

    @rule(who=whose, room=which_room, seq=st.none() | seqs)
    def report(self, who: int, room: int, seq: int | None) -> None:
        model, key = self.room(room)
        with listening() as heard, received(message_reported) as reports:
            self.nothing_changes(
                lambda: dispatch(self.people[who], Report(key, "rude", seq)),
                lambda: None if seq is None else model.seen(who, seq),
            )
        assert heard.changes == []
        reported = [(str(each["room"].pk), each["message"] and each["message"].seq) for each in reports]
        assert reported == ([(key, seq)] if seq is None or seq in model.visible(who) else [])

    # Asking

    @rule(who=whose, room=which_room, behind=st.integers(min_value=0, max_value=6))
    def catch_up(self, who: int, room: int, behind: int) -> None:
        model, key = self.room(room)
        rev = max(0, model.rev - behind)
        request = Sync(rooms={key: Position(self.epochs[model], rev)})
        (answer,) = dispatch(self.people[who], request).result["rooms"]
        assert [message["seq"] for message in answer["changes"]] == model.changes_since(who, rev)
        assert (answer["limited"], answer["reset"], answer["rev"]) == (False, False, model.rev)

    @rule(who=whose, room=which_room, place=st.sampled_from(["before", "after", "around", None]), seq=seqs)
    def page_through(self, who: int, room: int, place: str | None, seq: int) -> None:
        model, key = self.room(room)
        places = {} if place is None else {place: seq}
        shown = dispatch(self.people[who], history_of(key, limit=2, **places)).result
        page, has_before, has_after = model.page(who, place, seq, 2)
        assert [message["seq"] for message in shown["messages"]] == page
        assert (shown["rev"], shown["has_before"], shown["has_after"]) == (model.rev, has_before, has_after)

    @rule(who=whose, archived=st.booleans(), unread=st.booleans())
    def look_at_the_inbox(self, who: int, archived: bool, unread: bool) -> None:
        shown = dispatch(self.people[who], Inbox(before=None, limit=20, archived=archived, unread=unread)).result
        listed = [self.keys[room] for room in self.world.inbox(who, archived=archived, unread=unread)]
        assert [room["room"] for room in shown["rooms"]] == listed
        assert (shown["unread_rooms"], shown["next"]) == (self.world.unread_rooms(who), None)
        ping = Ping(rooms={}, inbox=shown["state"])
        assert dispatch(self.people[who], ping).result["inbox"] is False

    @rule(who=whose, room=st.none() | which_room, query=texts)
    def search(self, who: int, room: int | None, query: str) -> None:
        model, key = (None, None) if room is None else self.room(room)
        found = dispatch(self.people[who], Search(room=key, query=query, before=None, limit=100)).result["messages"]
        expected = self.world.found(who, query, self.world.rooms if model is None else [model])
        assert [(message["room"], message["seq"]) for message in found] == [
            (self.keys[room], seq) for room, seq in expected
        ]

    @rule(who=whose)
    def look_at_the_stars(self, who: int) -> None:
        shown = dispatch(self.people[who], Stars(before=None, limit=1)).result
        found = shown["messages"]
        while shown["next"] is not None:
            shown = dispatch(self.people[who], Stars(before=shown["next"], limit=1)).result
            found = [*found, *shown["messages"]]
        expected = [(self.keys[room], seq) for room, seq in self.world.starred(who)]
        assert [(message["room"], message["seq"]) for message in found] == expected

    # A stranger

    @rule(room=which_room, seq=seqs, number=st.integers(min_value=0, max_value=12), client_id=client_ids)
    def a_stranger_tries(self, room: int, seq: int, number: int, client_id: UUID) -> None:
        _, key = self.room(room)
        someone = self.stranger
        attempts: list[Callable[[], Any]] = [
            lambda: dispatch(
                someone, Send(room=key, client_id=client_id, content="hello", reply_to=None, attachment=None)
            ),
            lambda: store_upload(someone, key, SimpleUploadedFile("file.txt", b"hello")),
            lambda: dispatch(someone, Edit(key, seq, "hello")),
            lambda: dispatch(someone, Delete(key, seq)),
            lambda: dispatch(someone, React(key, seq, "👍")),
            lambda: dispatch(someone, Read(key, seq)),
            lambda: dispatch(someone, Delivered(key, seq)),
            lambda: dispatch(someone, Settings(key, {"blocked": True})),
            lambda: dispatch(someone, Typing(room=key, on=True)),
            lambda: dispatch(someone, Report(key, "rude", seq)),
            lambda: dispatch(someone, history_of(key)),
            lambda: dispatch(someone, Star(key, seq, True)),
            lambda: dispatch(someone, Search(room=key, query="hello", before=None, limit=100)),
        ]

        def expected() -> None:
            raise NotFound

        self.do(attempts[number], expected)


def rooms_that_differ(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    parts = ("rev", "me", "peer", "topic", "can_send", "held")
    return {key for key in before if any(before[key].get(part) != after[key].get(part) for part in parts)}


def refusal_of(act: Callable[[], Any]) -> type[ChatError] | None:
    outcome = attempt(act)
    return type(outcome) if isinstance(outcome, ChatError) else None


def history_of(key: str, limit: int = 50, **places: int) -> History:
    return History(**{"room": key, "before": None, "after": None, "around": None, "limit": limit, **places})


def test_any_sequence_of_acts_follows_the_rules(
    db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.PAIRCHAT = {**chosen(Reviews), "SEND_BURST": 1000, "SENDS_PER_MINUTE": 60_000}
    done: set[type[Request]] = set()

    def noting(kind: type[Request], act: Callable[..., Result]) -> Callable[..., Result]:
        return lambda user, request: (done.add(kind), act(user, request))[1]

    for kind, act in HANDLERS.items():
        monkeypatch.setitem(HANDLERS, kind, noting(kind, act))
    walk = hypothesis.settings(max_examples=18, stateful_step_count=25)
    run_state_machine_as_test(Machine, settings=walk)
    # The first walk is the same each time, and a change elsewhere may keep it from one of the requests.
    for _ in range(MORE_WALKS):
        if done != set(HANDLERS):
            run_state_machine_as_test(Machine, settings=hypothesis.settings(walk, derandomize=False))
    assert done == set(HANDLERS)
