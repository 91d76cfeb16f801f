"""Any sequence of acts by two people and a stranger, against a model of the rules in plain Python."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from django_pairchat.exceptions import CannotSend, ChatError, Conflict, NotFound
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    history,
    mark_read,
    open_room,
    react,
    send,
    send_once,
)
from django_pairchat.services.acts import perform
from django_pairchat.wire.requests import Position, Sync
from tests.support.attempts import attempt
from tests.support.listening import listening
from tests.support.people import make_topic, make_user
from tests.support.replica import Replica, view_of

whose = st.sampled_from([0, 1])
which_room = st.sampled_from([0, 1])
seqs = st.integers(min_value=0, max_value=7)
texts = st.sampled_from(["hello", "안녕", "bye 😀"])
client_ids = st.sampled_from([uuid.UUID(int=number) for number in range(1, 9)])
emoji = st.sampled_from(["👍", "❤️", None])


@dataclass
class ModelMessage:
    writer: int
    content: str
    rev: int
    edited: bool = False
    deleted: bool = False
    reactions: dict[int, str] = field(default_factory=dict)

    def shown_to_all(self) -> tuple[Any, ...]:
        return (self.writer, self.content, self.rev, self.edited, self.deleted, self.reactions)


@dataclass
class ModelSide:
    read: int = 0
    shown: int = 0
    cleared: int = 0
    archived: bool = False
    marked: bool = False
    blocked: bool = False


@dataclass
class ModelRoom:
    opener: int
    messages: list[ModelMessage] = field(default_factory=list)
    sides: tuple[ModelSide, ModelSide] = field(default_factory=lambda: (ModelSide(), ModelSide()))
    sent: dict[tuple[int, uuid.UUID], ModelMessage] = field(default_factory=dict)
    rev: int = 0

    @property
    def head(self) -> int:
        return len(self.messages)

    @property
    def blocked(self) -> bool:
        return any(side.blocked for side in self.sides)

    def seen(self, who: int, seq: int) -> ModelMessage:
        if not self.sides[who].cleared < seq <= self.head:
            raise NotFound
        return self.messages[seq - 1]

    def step(self, message: ModelMessage) -> None:
        self.rev += 1
        message.rev = self.rev

    def read_up_to(self, who: int, seq: int) -> None:
        side = self.sides[who]
        side.read = max(side.read, min(seq, self.head))
        side.marked = False
        if not self.blocked:
            side.shown = side.read

    def send(self, who: int, text: str, client_id: uuid.UUID, *, reads: bool) -> None:
        stored = self.sent.get((who, client_id))
        if stored is not None:
            if not (stored.edited or stored.deleted) and stored.content != text:
                raise Conflict
            return
        if self.blocked:
            raise CannotSend
        message = self.sent[who, client_id] = ModelMessage(who, text, 0)
        self.messages.append(message)
        self.step(message)
        self.sides[1 - who].archived = False
        if reads:
            self.read_up_to(who, self.head)

    def edit(self, who: int, seq: int, text: str) -> None:
        message = self.seen(who, seq)
        if message.writer != who or message.deleted or self.blocked:
            raise CannotSend
        if message.content != text:
            message.content, message.edited = text, True
            self.step(message)

    def delete(self, who: int, seq: int) -> None:
        message = self.seen(who, seq)
        if message.writer != who:
            raise CannotSend
        if not message.deleted:
            message.content, message.edited, message.deleted, message.reactions = "", False, True, {}
            self.step(message)

    def react(self, who: int, seq: int, given: str | None) -> None:
        message = self.seen(who, seq)
        if message.deleted or self.blocked:
            raise CannotSend
        if message.reactions.get(who) != given:
            message.reactions = {other: one for other, one in message.reactions.items() if other != who}
            if given is not None:
                message.reactions[who] = given
            self.step(message)

    def clear(self, who: int, seq: int) -> None:
        self.sides[who].cleared = max(self.sides[who].cleared, min(seq, self.head))

    def block(self, who: int, blocked: bool) -> None:
        self.sides[who].blocked = blocked
        if not self.blocked:
            for side in self.sides:
                side.shown = side.read

    def changes_since(self, who: int, rev: int) -> list[int]:
        changed = [
            (message.rev, seq)
            for seq, message in enumerate(self.messages, start=1)
            if message.rev > rev and seq > self.sides[who].cleared
        ]
        return [seq for _, seq in sorted(changed)]

    def view(self, who: int) -> dict[str, Any]:
        mine, theirs = self.sides[who], self.sides[1 - who]
        visible = {seq: message for seq, message in enumerate(self.messages, start=1) if seq > mine.cleared}
        return {
            "head": self.head,
            "rev": self.rev,
            "unread": self.head - max(mine.read, mine.cleared),
            "me": (mine.read, mine.cleared, mine.archived, mine.marked, mine.blocked),
            "peer read": theirs.shown,
            "can send": not self.blocked,
            "last": self.head if visible else None,
            "messages": {seq: message.shown_to_all() for seq, message in visible.items()},
        }


class Machine(RuleBasedStateMachine):
    """The services do what the model does, and each client's copy follows by events alone."""

    @initialize()
    def begin(self) -> None:
        self.everything = transaction.atomic()
        self.everything.__enter__()
        self.people = [make_user("Minji"), make_user("Juwon")]
        self.stranger = make_user("Sora")
        rooms = [open_room(*self.people), open_room(*reversed(self.people), make_topic())]
        self.keys = [str(room.pk) for room in rooms]
        self.epochs = [room.epoch for room in rooms]
        self.models = [ModelRoom(opener=0), ModelRoom(opener=1)]
        self.replicas = [Replica(user) for user in self.people]
        self.views = [view_of(user) for user in self.people]

    def teardown(self) -> None:
        if hasattr(self, "everything"):
            transaction.set_rollback(True)
            self.everything.__exit__(None, None, None)

    def do(self, act: Callable[[], Any], expected: Callable[[], None]) -> None:
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
            self.views[who] = now
        assert heard.for_user(self.stranger) == []

    def expected_views(self, who: int) -> dict[str, Any]:
        return {
            key: model.view(who)
            for key, model in zip(self.keys, self.models, strict=True)
            if model.head or model.opener == who
        }

    def as_modelled(self, view: dict[str, Any]) -> dict[str, Any]:
        return {key: self.room_as_modelled(room) for key, room in view.items()}

    def room_as_modelled(self, room: dict[str, Any]) -> dict[str, Any]:
        me = room["me"]
        return {
            "head": room["head"],
            "rev": room["rev"],
            "unread": room["unread"],
            "me": (me["read"], me["cleared"], me["archived"], me["marked_unread"], me["blocked"]),
            "peer read": room["peer"]["read"],
            "can send": room["can_send"],
            "last": None if room["last_message"] is None else room["last_message"]["seq"],
            "messages": {seq: self.message_as_modelled(message) for seq, message in room["messages"].items()},
        }

    def message_as_modelled(self, message: dict[str, Any]) -> tuple[Any, ...]:
        numbers = {str(user.pk): who for who, user in enumerate(self.people)}
        reactions = {numbers[user]: given for user, given in message["reactions"].items()}
        return (
            numbers[message["sender"]],
            message["content"],
            message["rev"],
            message["edited_at"] is not None,
            message["deleted_at"] is not None,
            reactions,
        )

    @rule(who=whose, room=which_room, text=texts, client_id=client_ids)
    def a_person_sends(self, who: int, room: int, text: str, client_id: uuid.UUID) -> None:
        user, key = self.people[who], self.keys[room]
        self.do(
            lambda: send_once(user, key, client_id=client_id, content=text),
            lambda: self.models[room].send(who, text, client_id, reads=True),
        )

    @rule(who=whose, room=which_room, text=texts, client_id=client_ids)
    def a_program_sends(self, who: int, room: int, text: str, client_id: uuid.UUID) -> None:
        user = self.people[who]
        loaded = history(user, self.keys[room]).room
        self.do(
            lambda: send(loaded, user, text, client_id=client_id),
            lambda: self.models[room].send(who, text, client_id, reads=False),
        )

    @rule(who=whose, room=which_room, seq=seqs, text=texts)
    def edit(self, who: int, room: int, seq: int, text: str) -> None:
        self.do(
            lambda: edit(self.people[who], self.keys[room], seq, text),
            lambda: self.models[room].edit(who, seq, text),
        )

    @rule(who=whose, room=which_room, seq=seqs)
    def delete(self, who: int, room: int, seq: int) -> None:
        self.do(lambda: delete(self.people[who], self.keys[room], seq), lambda: self.models[room].delete(who, seq))

    @rule(who=whose, room=which_room, seq=seqs, given=emoji)
    def react(self, who: int, room: int, seq: int, given: str | None) -> None:
        self.do(
            lambda: react(self.people[who], self.keys[room], seq, given),
            lambda: self.models[room].react(who, seq, given),
        )

    @rule(who=whose, room=which_room, seq=seqs)
    def read(self, who: int, room: int, seq: int) -> None:
        self.do(
            lambda: mark_read(self.people[who], self.keys[room], seq),
            lambda: self.models[room].read_up_to(who, seq),
        )

    @rule(who=whose, room=which_room, archived=st.booleans(), marked=st.booleans())
    def put_away(self, who: int, room: int, archived: bool, marked: bool) -> None:
        model = self.models[room]
        if not model.head and model.opener != who:
            return

        def expected() -> None:
            model.sides[who].archived, model.sides[who].marked = archived, marked

        self.do(
            lambda: change_settings(self.people[who], self.keys[room], archived=archived, marked_unread=marked),
            expected,
        )

    @rule(who=whose, room=which_room, seq=seqs)
    def clear(self, who: int, room: int, seq: int) -> None:
        self.do(
            lambda: change_settings(self.people[who], self.keys[room], cleared=seq),
            lambda: self.models[room].clear(who, seq),
        )

    @rule(who=whose, room=which_room, blocked=st.booleans())
    def block(self, who: int, room: int, blocked: bool) -> None:
        def expected() -> None:
            for model in self.models:
                model.block(who, blocked)

        self.do(lambda: change_settings(self.people[who], self.keys[room], blocked=blocked), expected)

    @rule(who=whose, room=which_room, behind=st.integers(min_value=0, max_value=6))
    def catch_up(self, who: int, room: int, behind: int) -> None:
        model, key = self.models[room], self.keys[room]
        rev = max(0, model.rev - behind)
        request = Sync(rooms={key: Position(self.epochs[room], rev)})
        (answer,) = perform(self.people[who], request).result["rooms"]
        assert [message["seq"] for message in answer["changes"]] == model.changes_since(who, rev)
        assert (answer["limited"], answer["reset"], answer["rev"]) == (False, False, model.rev)

    @rule(room=which_room, seq=seqs, number=st.integers(min_value=0, max_value=5), client_id=client_ids)
    def a_stranger_tries(self, room: int, seq: int, number: int, client_id: uuid.UUID) -> None:
        key = self.keys[room]
        attempts: list[Callable[[], Any]] = [
            lambda: send_once(self.stranger, key, client_id=client_id, content="hello"),
            lambda: edit(self.stranger, key, seq, "hello"),
            lambda: delete(self.stranger, key, seq),
            lambda: react(self.stranger, key, seq, "👍"),
            lambda: mark_read(self.stranger, key, seq),
            lambda: change_settings(self.stranger, key, blocked=True),
        ]

        def expected() -> None:
            raise NotFound

        self.do(attempts[number], expected)


def refusal_of(act: Callable[[], Any]) -> type[ChatError] | None:
    outcome = attempt(act)
    return type(outcome) if isinstance(outcome, ChatError) else None


def test_any_sequence_of_acts_follows_the_rules(db: None) -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=12, stateful_step_count=20))
