"""One decision for each case, what follows from it, and what each of the two people is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.exceptions import Suspended
from django_pairchat.moderation.models import AppendOnlyError, Case, Evidence, LogEntry, Statement, Suspension
from django_pairchat.moderation.services import AlreadyDecided, decide, deliver_statements, keep_case
from django_pairchat.policy import Policy
from django_pairchat.services import delete, history, open_room, report, send
from django_pairchat.signals import message_deleted
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import committed, listening
from tests.support.people import make_user
from tests.support.policies import chosen
from tests.support.threads import at_once

from .conftest import SCAM

pytestmark = pytest.mark.django_db


class KoreanPolicy(Policy):
    """Everybody reads Korean, in Seoul."""

    def language(self, user: Any) -> str:
        return "ko"

    def time_zone(self, user: Any) -> str:
        return "Asia/Seoul"


@pytest.fixture(autouse=True)
def _has_mails(people: People) -> None:
    for user in people:
        user.email = f"{user.pk}@example.com"
        user.save()


def sent_to(user: Any) -> list[str]:
    return [each.body for each in mail.outbox if each.to == [user.email]]


def test_a_dismissal_changes_nothing_and_tells_only_who_reported(people: People, case: Case, moderator: Any) -> None:
    decided = decide(case, "dismissed", by=moderator)
    assert (decided.state, decided.decision, decided.decided_by) == ("decided", "dismissed", moderator)
    assert deliver_statements() == 1
    assert "nothing was changed" in sent_to(people.juwon)[0]
    assert sent_to(people.minji) == []


def test_people_are_told_which_message_it_is_about(people: People, case: Case, moderator: Any, settings: Any) -> None:
    settings.PAIRCHAT = chosen(KoreanPolicy)
    Evidence.objects.update(sent_at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    decide(case, "warned", by=moderator)
    deliver_statements()
    for user in (people.minji, people.juwon):
        assert f"2026년 3월 11일 8:30 오전(KST)에 보낸 메시지:\n{SCAM}\n" in sent_to(user)[0]


def test_a_mail_says_of_which_site_the_moderators_are(people: People, case: Case, moderator: Any) -> None:
    decide(case, "warned", by=moderator)
    deliver_statements()
    assert len(mail.outbox) == 2
    for each in mail.outbox:
        assert each.subject.endswith(" · chat.example")
        assert each.body.endswith("\n\n-- \nchat.example")


def test_of_a_long_message_people_are_told_the_beginning(people: People, room: Any, moderator: Any) -> None:
    send(room, people.minji, "x" * 4000)
    report(people.juwon, room, "", 1, category="spam")
    decide(Case.objects.get(), "warned", by=moderator)
    assert {len(re.findall("x{400,}…", text)) for text in Statement.objects.values_list("text", flat=True)} == {1}
    assert max(map(len, Statement.objects.values_list("text", flat=True))) < 1000


@pytest.mark.parametrize("by_a_person", [True, False])
def test_a_person_is_named_as_the_one_who_decided_only_if_one_did(
    people: People, case: Case, moderator: Any, by_a_person: bool
) -> None:
    decide(case, "warned", by=moderator if by_a_person else None)
    deliver_statements()
    for user in (people.minji, people.juwon):
        assert ("A person decided this" in sent_to(user)[0]) == by_a_person


def test_the_room_is_locked_last(case: Case, moderator: Any, settings: Any) -> None:
    """The policy may be slow, and until the end of the transaction nobody writes in a room that is locked."""
    settings.PAIRCHAT = chosen(KoreanPolicy)
    with counted() as statements:
        decide(case, "removed", by=moderator)
    writes = [text for text in statements.texts if text.startswith(("INSERT", "UPDATE"))]
    tables = [connection.ops.quote_name(model._meta.db_table) for model in (get_room_model(), get_message_model())]
    of_the_room = [any(table in text for table in tables) for text in writes]
    assert any(of_the_room)
    assert of_the_room == sorted(of_the_room)


def test_a_removal_takes_the_message_down_for_both_and_tells_both(
    people: People, key: str, case: Case, moderator: Any
) -> None:
    removed: list[str] = []

    def hear(before: str, **kwargs: Any) -> None:
        removed.append(before)

    message_deleted.connect(hear)
    try:
        with listening() as heard:
            assert decide(case, "removed", by=moderator, rule="Rule 4").removed
    finally:
        message_deleted.disconnect(hear)
    assert [message.is_deleted for message in history(people.juwon, key).messages] == [True]
    assert [event["kind"] for event in heard.events(people.minji)] == ["message"]
    assert removed
    deliver_statements()
    assert "The message was removed." in sent_to(people.juwon)[0]
    assert "Rule: Rule 4" in sent_to(people.minji)[0]


def test_a_suspension_is_told_with_its_rule_reasons_end_and_way_to_object(
    people: People, room: Any, case: Case, moderator: Any, settings: Any
) -> None:
    settings.PAIRCHAT_MODERATION = {"OBJECTIONS": "write to appeals@example.com", "RULES": "https://example.com/rules"}
    with committed():
        decide(case, "suspended", by=moderator, days=7, reasons="Three people paid.", remove_message=True)
    until = Suspension.objects.get(user=people.minji).until
    assert timedelta(days=6, hours=23) < until - timezone.now() <= timedelta(days=7)
    with pytest.raises(Suspended):
        send(room, people.minji, "more")
    deliver_statements()
    told = sent_to(people.minji)[0]
    for part in ("Fraud or a scam", "Three people paid.", "appeals@example.com", "/rules", "(UTC)"):
        assert part in told
    assert "Three people" not in sent_to(people.juwon)[0]


@pytest.mark.parametrize("decision", ["warned", "removed", "suspended"])
def test_nothing_says_who_has_reported(people: People, case: Case, moderator: Any, decision: str) -> None:
    with listening() as heard:
        decide(case, decision, by=moderator, days=1)
    deliver_statements()
    told = "\n".join([*sent_to(people.minji), *map(str, heard.changes), *map(str, mail.outbox[-1].message().items())])
    assert sent_to(people.minji)
    assert "Juwon" not in told
    assert "I paid and nothing came" not in told
    assert people.juwon.email not in "\n".join(sent_to(people.minji))


def test_people_are_told_in_their_own_language_and_time(
    people: People, case: Case, moderator: Any, settings: Any
) -> None:
    settings.PAIRCHAT = chosen(KoreanPolicy)
    decide(case, "suspended", by=moderator, days=1)
    deliver_statements()
    assert "규칙:" in sent_to(people.minji)[0]
    assert "KST" in sent_to(people.minji)[0]


def test_as_a_message_it_comes_at_once_from_the_sites_account_and_only_once(
    people: People, room: Any, case: Case, moderator: Any, settings: Any
) -> None:
    account = make_user("The market")
    settings.PAIRCHAT_MODERATION = {"STATEMENTS": "message", "ACCOUNT": str(account.pk)}
    with committed():
        decide(case, "warned", by=moderator, reasons="Do not ask for money in advance.")
    Statement.objects.update(state="waiting")
    deliver_statements()
    for user in (people.minji, people.juwon):
        messages = history(user, open_room(account, user)).messages
        assert [(message.kind, message.sender) for message in messages] == [("system", None)]
    assert mail.outbox == []
    # Both read the room that it is about, so nothing is written there.
    assert get_message_model().objects.filter(room=room.pk).count() == 1


def test_who_cannot_get_a_message_gets_a_mail(people: People, case: Case, moderator: Any, settings: Any) -> None:
    settings.PAIRCHAT_MODERATION = {"STATEMENTS": "message", "ACCOUNT": "0"}
    with committed():
        decide(case, "warned", by=moderator)
    # Not while somebody waits for the page.
    assert mail.outbox == []
    assert deliver_statements() == 2


class Away:
    """A mail server that is away, and then there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_away = True
        self.in_transactions: list[bool] = []
        monkeypatch.setattr("django.core.mail.EmailMessage.send", self.send)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.in_transactions.append(transaction.get_connection().in_atomic_block)
        if self.is_away:
            raise OSError("connection refused")
        return 1


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_fails_is_tried_again_and_never_in_a_transaction(
    people: People, case: Case, moderator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Away(monkeypatch)
    decide(case, "warned", by=moderator)
    assert server.in_transactions == []
    assert deliver_statements() == 0
    assert deliver_statements() == 0
    server.is_away = False
    Statement.objects.update(due_at=timezone.now())
    assert deliver_statements() == 2
    assert server.in_transactions == [False] * 4
    assert set(Statement.objects.values_list("state", flat=True)) == {"sent"}


class NoMails(Policy):
    """Nobody has an address."""

    def mail_address(self, user: Any) -> str:
        return ""


def test_somebody_without_an_address_is_given_up(case: Case, moderator: Any, settings: Any) -> None:
    settings.PAIRCHAT = chosen(NoMails)
    decide(case, "dismissed", by=moderator)
    assert deliver_statements() == 0
    assert Statement.objects.get().state == "failed"


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_make_one_decision(people: People, case: Case, moderator: Any) -> None:
    other = make_user("Second desk")
    results = at_once(
        [
            lambda: decide(case, "warned", by=moderator),
            lambda: decide(case, "suspended", by=other, days=3),
            lambda: decide(case, "dismissed", by=other),
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "AlreadyDecided", "Case"]
    case.refresh_from_db()
    assert Suspension.objects.count() == (1 if case.decision == "suspended" else 0)
    assert LogEntry.objects.filter(action="decided").count() == 1


def test_a_second_decision_is_refused(case: Case, moderator: Any) -> None:
    decide(case, "warned", by=moderator)
    with pytest.raises(AlreadyDecided):
        decide(case, "suspended", by=moderator, days=3)
    assert Suspension.objects.count() == 0


def test_a_message_that_was_deleted_before_needs_no_removal(
    people: People, key: str, case: Case, moderator: Any
) -> None:
    delete(people.minji, key, 1)
    with listening() as heard:
        assert not decide(case, "removed", by=moderator).removed
    assert heard.events(people.juwon) == []


def test_a_message_can_be_removed_when_its_sender_or_its_room_is_gone(
    people: People, room: Any, key: str, moderator: Any
) -> None:
    for number in (1, 2):
        send(room, people.minji, str(number))
        report(people.juwon, key, "", number, category="spam")
    first, second = Case.objects.order_by("pk")
    people.minji.delete()
    first.refresh_from_db()
    assert decide(first, "removed", by=moderator).removed
    assert get_message_model().objects.get(seq=1).is_deleted
    get_room_model().objects.all().delete()
    second.refresh_from_db()
    assert not decide(second, "removed", by=moderator).removed


@pytest.mark.parametrize(
    ("decision", "values"), [("suspended", {}), ("suspended", {"days": 0}), ("suspended", {"days": 10**6})]
)
def test_a_suspension_without_a_sensible_length_is_refused(
    case: Case, moderator: Any, decision: str, values: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="days"):
        decide(case, decision, by=moderator, **values)
    case.refresh_from_db()
    assert case.is_open


def test_what_a_case_does_not_allow_is_refused(people: People, key: str, moderator: Any) -> None:
    report(people.juwon, key, "", category="harassment")
    about_a_person = Case.objects.get()
    with pytest.raises(ValueError, match="not about one message"):
        decide(about_a_person, "removed", by=moderator)
    people.minji.delete()
    about_a_person.refresh_from_db()
    with pytest.raises(ValueError, match="does not exist any more"):
        decide(about_a_person, "warned", by=moderator)


def test_the_log_is_only_added_to(case: Case, moderator: Any) -> None:
    decide(case, "warned", by=moderator)
    entry = LogEntry.objects.get()
    entry.action = "other"
    for change in (entry.save, entry.delete, LogEntry.objects.all().delete, LogEntry.objects.update):
        with pytest.raises(AppendOnlyError):
            change()
    moderator.delete()
    entry = LogEntry.objects.get()
    assert (entry.actor_name, entry.action, entry.case_number) == ("Desk", "decided", case.pk)


def test_holding_a_case_is_written_down_once(case: Case, moderator: Any) -> None:
    for _ in range(2):
        keep_case(case, True, by=moderator)
    keep_case(case, False, by=moderator)
    assert list(LogEntry.objects.order_by("pk").values_list("action", flat=True)) == ["kept", "released"]
