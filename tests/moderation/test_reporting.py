"""What is kept of a report: once for each thing, with what was written, and with the rest only by consent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from django_pairchat import get_message_model
from django_pairchat.core.uploads import store_upload
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import BadRequest, NotFound, RateLimited
from django_pairchat.moderation import evidence
from django_pairchat.moderation.models import Case, Evidence, Report
from django_pairchat.moderation.services import decide
from django_pairchat.protocol import requests
from django_pairchat.services import change_settings, delete, edit, open_room, report, send, send_once
from django_pairchat.signals import message_reported
from tests.conftest import People
from tests.support.listening import committed
from tests.support.people import make_user
from tests.support.threads import at_once

from .conftest import SCAM

pytestmark = pytest.mark.django_db


def texts(**chosen: Any) -> list[str]:
    return list(Evidence.objects.filter(**chosen).order_by("seq", "rev").values_list("content", flat=True))


def test_a_report_keeps_who_says_what_about_which_message(people: People, room: Any, scam: Any, case: Case) -> None:
    assert (case.room_key, case.seq, case.accused, case.category) == (str(room.pk), 1, people.minji, "fraud")
    assert (case.is_open, case.report_count, case.accused_name) == (True, 1, "Minji")
    kept = Report.objects.get()
    assert (kept.reporter, kept.text, kept.context) == (people.juwon, "I paid and nothing came", False)
    copy = Evidence.objects.get()
    assert (copy.content, copy.sender_name, copy.seq, copy.rev) == (SCAM, "Minji", 1, scam.rev)
    assert copy.sent_at == scam.created_at


def test_the_signal_comes_as_it_does_without_the_app(people: People, key: str, scam: Any) -> None:
    heard: list[tuple[Any, str]] = []

    def hear(user: Any, reason: str, **kwargs: Any) -> None:
        heard.append((user, reason))

    message_reported.connect(hear)
    try:
        with committed():
            report(people.juwon, key, "rude", scam)
    finally:
        message_reported.disconnect(hear)
    assert heard == [(people.juwon, "rude")]
    assert Case.objects.get().category == "other"


def test_what_is_changed_or_deleted_later_stays_readable(people: People, key: str, case: Case) -> None:
    edit(people.minji, key, 1, "Good morning")
    delete(people.minji, key, 1)
    assert texts() == [SCAM]


def test_what_was_edited_between_two_reports_is_kept_twice_in_one_case(people: People, key: str, case: Case) -> None:
    edit(people.minji, key, 1, "Good morning")
    report(people.juwon, key, "see how it was changed", 1, category="harassment")
    assert texts() == [SCAM, "Good morning"]
    assert Case.objects.get().category == "fraud"


def test_a_case_outlives_the_account_and_the_room(people: People, room: Any, case: Case) -> None:
    people.minji.delete()
    room.delete()
    case.refresh_from_db()
    assert (case.accused, case.accused_name, texts()) == (None, "Minji", [SCAM])


def test_a_report_outlives_its_reporter(people: People, case: Case) -> None:
    people.juwon.delete()
    assert Report.objects.get().reporter is None
    assert case.reports.count() == 1


def test_a_second_report_of_one_person_counts_once(people: People, key: str, case: Case) -> None:
    report(people.juwon, key, "once more", 1)
    case.refresh_from_db()
    assert (Case.objects.count(), Report.objects.count(), case.report_count) == (1, 2, 1)


def test_reports_about_one_person_are_one_case_whatever_the_chat(people: People, key: str) -> None:
    other = open_room(people.stranger, people.minji)
    send(other, people.minji, "hello")
    report(people.juwon, key, "rude", category="harassment")
    report(people.stranger, other, "rude to me, too", category="spam")
    case = Case.objects.get()
    assert (case.accused, case.seq, case.report_count, case.category) == (people.minji, None, 2, "harassment")
    assert texts() == []


def test_a_new_case_begins_after_a_decision(people: People, key: str, case: Case, moderator: Any) -> None:
    decide(case, "dismissed", by=moderator)
    report(people.juwon, key, "again", 1)
    assert sorted(Case.objects.values_list("state", flat=True)) == ["decided", "open"]


@pytest.mark.parametrize(("consents", "expected"), [(False, ["5"]), (True, ["3", "4", "5", "6", "7"])])
def test_what_stands_around_it_is_kept_only_with_consent(
    people: People, room: Any, settings: Any, consents: bool, expected: list[str]
) -> None:
    settings.PAIRCHAT_MODERATION = {"NEIGHBOURS": 2}
    for number in range(1, 10):
        send(room, people.minji, str(number))
    report(people.juwon, room, "", 5, category="spam", context=consents)
    assert texts() == expected
    assert texts(is_context=False) == ["5"]


def test_what_was_kept_as_context_and_is_reported_then_is_context_no_more(people: People, room: Any, key: str) -> None:
    for text in ("one", "two"):
        send(room, people.juwon, text)
    report(people.juwon, key, "", category="harassment", context=True)
    assert texts(is_context=True) == ["one", "two"]
    report(people.juwon, key, "", 2, category="harassment")
    assert (texts(is_context=True), texts(is_context=False)) == (["one"], ["two"])


def test_what_the_reporter_has_cleared_away_is_not_kept(people: People, room: Any, key: str) -> None:
    for number in range(1, 5):
        send(room, people.minji, str(number))
    change_settings(people.juwon, key, cleared=2)
    report(people.juwon, key, "", 3, category="spam", context=True)
    assert texts() == ["3", "4"]


@pytest.mark.parametrize(("consents", "expected"), [(False, []), (True, ["2", "3"])])
def test_of_a_reported_chat_the_last_messages_are_kept_with_consent(
    people: People, room: Any, settings: Any, consents: bool, expected: list[str]
) -> None:
    settings.PAIRCHAT_MODERATION = {"NEIGHBOURS": 1}
    for number in range(1, 4):
        send(room, people.minji, str(number))
    report(people.juwon, room, "", category="harassment", context=consents)
    assert texts() == expected


def test_an_own_message_is_a_report_of_the_other_person(people: People, room: Any, key: str) -> None:
    send(room, people.juwon, "they threatened me on the phone")
    report(people.juwon, key, "", 1, category="harassment")
    assert (Case.objects.get().accused, Case.objects.get().seq) == (people.minji, None)
    assert texts() == ["they threatened me on the phone"]


def send_file(people: People, room: Any, content: bytes) -> Any:
    upload = store_upload(people.minji, room, SimpleUploadedFile("offer.txt", content))
    return send_once(people.minji, room, client_id=uuid4(), content="see", upload=upload.token).message


def test_a_file_is_copied_and_stays_when_the_message_goes(people: People, room: Any, key: str) -> None:
    sent = send_file(people, room, b"bank account 1-2-3")
    report(people.juwon, key, "", 1, category="fraud")
    with committed():
        delete(people.minji, key, 1)
    assert not sent.attachment.storage.exists(sent.attachment.name)
    copy = Evidence.objects.get()
    with copy.file.open("rb") as kept:
        assert kept.read() == b"bank account 1-2-3"
    assert copy.attachment_info["name"] == "offer.txt"
    # Not among the uploads, which a command cleans.
    assert copy.file.name.startswith("pairchat-evidence/")


def test_a_file_that_is_gone_does_not_prevent_the_report(people: People, room: Any, key: str) -> None:
    sent = send_file(people, room, b"x")
    sent.attachment.storage.delete(sent.attachment.name)
    report(people.juwon, key, "", 1, category="fraud")
    assert (Evidence.objects.get().file.name, Evidence.objects.get().file_lost) == ("", True)


def test_a_report_that_fails_leaves_no_copy_of_a_file(
    people: People, room: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_file(people, room, b"x")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no table")

    monkeypatch.setattr("django_pairchat.moderation.reporting._store", fail)
    with pytest.raises(RuntimeError):
        report(people.juwon, key, "", 1, category="fraud")
    storage = evidence.evidence_storage()
    assert [*evidence_files(storage, evidence.FOLDER)] == []


def evidence_files(storage: Any, folder: str) -> list[str]:
    if not storage.exists(folder):
        return []
    folders, names = storage.listdir(folder)
    return [*names, *(name for each in folders for name in evidence_files(storage, f"{folder}/{each}"))]


def test_a_category_takes_the_place_of_a_reason_over_the_wire(people: People, key: str, scam: Any) -> None:
    asked = {"type": "report", "id": 1, "room": key, "seq": 1, "category": "spam", "context": True}
    assert dispatch(people.juwon, requests.parse(asked)).result == {}
    assert Report.objects.get().category == "spam"
    assert Report.objects.get().context


@pytest.mark.parametrize("given", [{}, {"category": "rude"}, {"category": "rude", "reason": "x"}])
def test_without_a_reason_or_with_an_unknown_category_nothing_is_kept(
    people: People, key: str, given: dict[str, str]
) -> None:
    with pytest.raises(BadRequest) as refused:
        dispatch(people.juwon, requests.parse({"type": "report", "id": 1, "room": key, **given}))
    assert refused.value.field == ("category" if given else "reason")
    assert Case.objects.count() == 0


def test_a_host_has_its_own_categories(people: People, key: str, scam: Any, settings: Any) -> None:
    settings.PAIRCHAT_MODERATION = {"CATEGORIES": {"drugs": "Drugs", "rest": "All the rest"}}
    report(people.juwon, key, "", scam, category="drugs")
    report(people.juwon, key, "they sell my wallet")
    assert sorted(Case.objects.values_list("category", flat=True)) == ["drugs", "rest"]


def test_reports_have_their_rate(people: People, key: str, scam: Any, settings: Any) -> None:
    settings.PAIRCHAT = {"RATES": {"report": (1, 1)}}
    report(people.juwon, key, "", scam, category="spam")
    with pytest.raises(RateLimited):
        report(people.juwon, key, "", scam, category="spam")
    assert Report.objects.count() == 1


def test_others_can_report_nothing(people: People, key: str, scam: Any) -> None:
    with pytest.raises(NotFound):
        report(people.stranger, key, "", scam, category="spam")
    assert Case.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_reports_at_the_same_time_are_one_case(people: People, room: Any, key: str, scam: Any) -> None:
    third = make_user("Third")
    other = open_room(third, people.minji)
    send(other, people.minji, "hello")

    def tell(user: Any, where: str) -> None:
        report(user, where, "rude", category="harassment")

    results = at_once([lambda: tell(people.juwon, key), lambda: tell(third, str(other.pk))] * 2)
    assert [str(result) for result in results if isinstance(result, Exception)] == [], connection.vendor
    assert (Case.objects.count(), Case.objects.get().report_count, Report.objects.count()) == (1, 2, 4)
    assert get_message_model().objects.count() == 2
