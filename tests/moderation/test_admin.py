"""The desk in the admin: the queue, the page of a case, who sees what, and who decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from django_pairchat.core.uploads import store_upload
from django_pairchat.moderation.models import Case, Evidence, LogEntry, Suspension
from django_pairchat.moderation.services import decide, keep_case, suspend
from django_pairchat.services import report, send, send_once
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import committed

from .conftest import SCAM, Staff

pytestmark = pytest.mark.django_db
QUEUE = "/admin/pairchat_moderation/case/"
ENOUGH = ("view_case", "change_case")


def page_of(case: Case) -> str:
    return f"{QUEUE}{case.pk}/change/"


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def actions() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("action", flat=True))


def many_cases(count: int) -> None:
    now = timezone.now()
    Case.objects.bulk_create(
        Case(
            open_subject=f"message:9:{number}" if number % 3 else None,
            room_key="9",
            seq=number,
            accused_name=f"Person {number}",
            category=("spam", "fraud")[number % 2],
            state="open" if number % 3 else "decided",
            decision="" if number % 3 else "warned",
            last_reported_at=now - timedelta(minutes=number),
        )
        for number in range(count)
    )


@pytest.mark.parametrize("count", [3, 300])
def test_the_queue_takes_at_most_ten_queries(staff: Staff, count: int) -> None:
    many_cases(count)
    client = staff("view_case")
    for query in ("", "?state=all&category=spam", "?q=Person+7"):
        with counted() as asked:
            text(client, QUEUE + query)
        assert asked.count <= 10, asked.texts


def test_the_queue_shows_open_cases_and_counts_all(staff: Staff) -> None:
    many_cases(9)
    page = text(staff("view_case"), QUEUE)
    assert "6 cases" in page
    for counter in ("open (6)", "decided (3)", "all (9)", "Spam or advertising (3)", "Fraud or a scam (3)"):
        assert counter in page
    assert "3 cases" in text(staff("view_case"), f"{QUEUE}?state=decided")
    assert "1 case" in text(staff("view_case"), f"{QUEUE}?q=Person+7")


def test_without_the_permission_there_is_nothing(staff: Staff, case: Case) -> None:
    for client in (staff(), staff("view_logentry"), Client()):
        for url in (QUEUE, page_of(case), f"{QUEUE}{case.pk}/conversation/", f"{QUEUE}{case.pk}/files/1/"):
            assert client.get(url).status_code in (302, 403)
    assert LogEntry.objects.count() == 0


@pytest.fixture
def with_context(people: People, room: Any, key: str) -> Case:
    for words in ("private before", SCAM, "private after"):
        send(room, people.minji, words)
    report(people.juwon, key, "I paid", 2, category="fraud", context=True)
    send(room, people.juwon, "said later")
    return Case.objects.get()


def test_staff_read_what_was_reported_and_nothing_else(staff: Staff, with_context: Case) -> None:
    client = staff("view_case")
    page = text(client, page_of(with_context))
    assert SCAM in page
    assert "I paid" in page
    assert "private" not in page
    assert "2 messages around it need the permission" in page
    assert client.get(f"{QUEUE}{with_context.pk}/conversation/").status_code == 403
    assert actions() == ["read"]


def test_with_the_second_permission_they_read_the_rest_and_that_is_written_down(
    staff: Staff, with_context: Case
) -> None:
    client = staff("view_case", "read_message_content")
    page = text(client, page_of(with_context))
    assert "private before" in page
    assert "said later" not in page
    assert "said later" in text(client, f"{QUEUE}{with_context.pk}/conversation/")
    assert actions() == ["read", "read_context", "read_conversation"]
    assert set(LogEntry.objects.values_list("actor_name", "case_number")) == {("Reader", with_context.pk)}


def test_a_file_goes_only_to_those_who_may_see_its_message(people: People, room: Any, key: str, staff: Staff) -> None:
    for words in ("before", "the one"):
        upload = store_upload(people.minji, room, SimpleUploadedFile(f"{words}.txt", words.encode()))
        send_once(people.minji, room, client_id=uuid4(), content="", upload=upload.token)
    report(people.juwon, key, "", 2, category="fraud", context=True)
    case = Case.objects.get()
    files = {each.seq: f"{QUEUE}{case.pk}/files/{each.pk}/" for each in Evidence.objects.all()}
    client = staff("view_case")
    answer = client.get(files[2])
    assert b"".join(answer.streaming_content) == b"the one"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(files[1]).status_code == 403
    assert client.get(f"{QUEUE}{case.pk}/files/{10**6}/").status_code == 404
    assert actions() == ["read_file"]


def decision(**values: Any) -> dict[str, Any]:
    return {"decision": "", "days": "", "rule": "", "reasons": "", **values}


def test_who_may_only_look_cannot_decide(staff: Staff, case: Case) -> None:
    client = staff("view_case")
    assert 'name="decision"' not in text(client, page_of(case))
    client.post(page_of(case), decision(decision="warned"))
    client.post(QUEUE, {"action": "dismiss", "_selected_action": [case.pk]})
    case.refresh_from_db()
    assert case.is_open


def test_a_moderator_suspends_on_the_page_of_a_case(people: People, staff: Staff, case: Case) -> None:
    client = staff(*ENOUGH)
    assert 'name="decision"' in text(client, page_of(case))
    with committed():
        answer = client.post(
            page_of(case), decision(decision="suspended", days="3", reasons="No goods.", remove_message="on")
        )
    assert answer.status_code == 302
    case.refresh_from_db()
    assert (case.decision, case.removed, case.reasons) == ("suspended", True, "No goods.")
    assert Suspension.objects.get().user == people.minji
    page = text(client, page_of(case))
    assert "writing suspended" in page
    assert 'name="decision"' not in page


@pytest.mark.parametrize("days", ["", "0", "x", "999999"])
def test_a_suspension_needs_its_days(staff: Staff, case: Case, days: str) -> None:
    answer = staff(*ENOUGH).post(page_of(case), decision(decision="suspended", days=days))
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.is_open


def test_the_second_of_two_moderators_is_told(staff: Staff, case: Case, moderator: Any) -> None:
    client = staff(*ENOUGH)
    text(client, page_of(case))
    decide(case, "dismissed", by=moderator)
    answer = client.post(page_of(case), decision(decision="suspended", days="3"), follow=True)
    assert "Somebody else has decided about" in answer.content.decode()
    assert "successfully" not in answer.content.decode()
    assert Suspension.objects.count() == 0


def test_a_case_about_a_person_offers_no_removal(people: People, key: str, staff: Staff) -> None:
    report(people.juwon, key, "", category="harassment")
    page = text(staff(*ENOUGH), page_of(Case.objects.get()))
    assert 'value="removed"' not in page
    assert "remove_message" not in page


def test_a_case_is_kept_and_released_there(staff: Staff, case: Case, moderator: Any) -> None:
    decide(case, "dismissed", by=moderator)
    client = staff(*ENOUGH)
    client.post(page_of(case), {"kept": "on"})
    case.refresh_from_db()
    assert case.kept
    client.post(page_of(case), {})
    case.refresh_from_db()
    assert not case.kept
    assert [action for action in actions() if action != "decided"] == ["kept", "released"]
    keep_case(case, True, by=moderator)


def test_some_are_dismissed_at_once(people: People, room: Any, key: str, staff: Staff) -> None:
    for number in (1, 2):
        send(room, people.minji, str(number))
        report(people.juwon, key, "", number, category="spam")
    keys = list(Case.objects.values_list("pk", flat=True))
    answer = staff(*ENOUGH).post(QUEUE, {"action": "dismiss", "_selected_action": keys}, follow=True)
    assert "2 cases were dismissed." in answer.content.decode()
    assert set(Case.objects.values_list("decision", flat=True)) == {"dismissed"}


def test_nothing_is_added_or_deleted_there(case: Case, moderator: Any) -> None:
    client = Client()
    client.force_login(moderator)
    text(client, page_of(case))
    entry = LogEntry.objects.get()
    for url in (f"{QUEUE}add/", f"{QUEUE}{case.pk}/delete/", f"/admin/pairchat_moderation/logentry/{entry.pk}/delete/"):
        assert client.post(url, {"post": "yes"}).status_code == 403
    client.post("/admin/pairchat_moderation/logentry/", {"action": "delete_selected", "_selected_action": [entry.pk]})
    client.post(QUEUE, {"action": "delete_selected", "_selected_action": [case.pk]})
    assert (Case.objects.count(), LogEntry.objects.filter(pk=entry.pk).count()) == (1, 1)
    assert client.post(f"/admin/pairchat_moderation/logentry/{entry.pk}/change/", {"action": "x"}).status_code == 403


def test_a_suspension_is_lifted_there(people: People, staff: Staff) -> None:
    suspension = suspend(people.minji, timezone.now() + timedelta(days=3))
    url = "/admin/pairchat_moderation/suspension/"
    only_looks, lifts = staff("view_suspension"), staff("view_suspension", "change_suspension")
    for client in (only_looks, lifts):
        assert "Minji" in text(client, url) or "person" in text(client, url)
    only_looks.post(url, {"action": "lift", "_selected_action": [suspension.pk]})
    suspension.refresh_from_db()
    assert suspension.lifted_at is None
    lifts.post(url, {"action": "lift", "_selected_action": [suspension.pk]})
    suspension.refresh_from_db()
    assert suspension.lifted_at is not None


def test_the_page_of_a_case_whose_room_and_accounts_are_gone(
    people: People, room: Any, case: Case, staff: Staff
) -> None:
    room.delete()
    for user in (people.minji, people.juwon):
        user.delete()
    page = text(staff("view_case", "change_case", "read_message_content"), page_of(case))
    assert SCAM in page
    assert "account deleted" in page
    assert 'value="warned"' not in page
    conversation = staff("view_case", "read_message_content").get(f"{QUEUE}{case.pk}/conversation/")
    assert "does not exist any more" in conversation.content.decode()


def test_what_people_write_is_shown_as_text(people: People, room: Any, key: str, staff: Staff) -> None:
    send(room, people.minji, "<script>alert(1)</script>")
    report(people.juwon, key, "<b>look</b>", 1, category="spam")
    page = text(staff("view_case", "read_message_content"), page_of(Case.objects.get()))
    assert "<script>alert(1)" not in page
    assert "<b>look" not in page
