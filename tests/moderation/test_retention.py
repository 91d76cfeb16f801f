"""Evidence goes after a time, unless its case is kept; what a person gets of it; and the checks of the settings."""

from __future__ import annotations

import json
import os
import time
import zipfile
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from django_pairchat.core.uploads import delete_orphans, store_upload
from django_pairchat.moderation import retention
from django_pairchat.moderation.checks import check_settings
from django_pairchat.moderation.evidence import evidence_storage
from django_pairchat.moderation.models import Case, Evidence, LogEntry, Report, Statement
from django_pairchat.moderation.services import decide, expire_cases, keep_case
from django_pairchat.services import erase_messages, export_person, report, send, send_once
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import committed

from .conftest import SCAM

pytestmark = pytest.mark.django_db


def decided(people: People, room: Any, moderator: Any, number: int) -> Case:
    """A case about a message with a file, decided long ago."""
    upload = store_upload(people.minji, room, SimpleUploadedFile("offer.txt", str(number).encode()))
    sent = send_once(people.minji, room, client_id=uuid4(), content=f"offer {number}", upload=upload.token).message
    report(people.juwon, room, "", sent, category="fraud")
    case = decide(Case.objects.latest("pk"), "dismissed", by=moderator)
    Case.objects.filter(pk=case.pk).update(expires_at=timezone.now() - timedelta(days=1))
    return case


def test_decided_cases_go_with_all_they_had_and_open_ones_and_kept_ones_stay(
    people: People, room: Any, moderator: Any
) -> None:
    over, kept = (decided(people, room, moderator, number) for number in (1, 2))
    keep_case(kept, True, by=moderator)
    report(people.juwon, room, "", category="harassment")
    files = {each.case_id: each.file.name for each in Evidence.objects.all()}
    with committed():
        assert list(expire_cases()) == [1]
    assert not Case.objects.filter(pk=over.pk).exists()
    assert (Case.objects.count(), Report.objects.count(), Statement.objects.count()) == (2, 2, 1)
    assert [evidence_storage().exists(files[case.pk]) for case in (over, kept)] == [False, True]
    assert LogEntry.objects.get(action="expired").case_number == over.pk
    with committed():
        assert list(expire_cases()) == []


def test_the_command_goes_in_parts_and_can_only_say(
    people: People, room: Any, moderator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CASES_AT_ONCE", 2)
    for number in range(5):
        decided(people, room, moderator, number)
    said = StringIO()
    call_command("pairchat_moderation_prune", dry_run=True, stdout=said)
    assert Case.objects.count() == 5
    with committed():
        call_command("pairchat_moderation_prune", verbosity=2, stdout=said)
    assert said.getvalue().splitlines() == [
        "5 cases would be removed.",
        *("2 …", "4 …", "5 …"),
        "5 cases removed.",
    ]


def test_copies_that_an_interruption_has_left_go_after_a_day(people: People, room: Any, moderator: Any) -> None:
    kept = decided(people, room, moderator, 1)
    Case.objects.filter(pk=kept.pk).update(expires_at=timezone.now() + timedelta(days=1))
    storage = evidence_storage()
    new, old = (storage.save(f"pairchat-evidence/2026/01/{name}", ContentFile(b"x")) for name in ("new", "old"))
    long_ago = time.time() - 2 * 24 * 3600
    for name in (old, Evidence.objects.get().file.name):
        os.utime(storage.path(name), (long_ago, long_ago))
    list(expire_cases())
    names = (new, old, Evidence.objects.get().file.name)
    assert [storage.exists(name) for name in names] == [True, False, True]


def test_the_command_for_orphans_of_uploads_leaves_evidence(people: People, room: Any, moderator: Any) -> None:
    decided(people, room, moderator, 1)
    storage = evidence_storage()
    name = Evidence.objects.get().file.name
    os.utime(storage.path(name), (0, 0))
    delete_orphans()
    assert storage.exists(name)


def exported(user: Any) -> dict[str, Any]:
    with zipfile.ZipFile(BytesIO(b"".join(export_person(user)))) as archive:
        data: dict[str, Any] = json.loads(archive.read("moderation.json"))
    return data


def test_an_export_has_the_own_reports_and_the_decisions_about_oneself(
    people: People, case: Case, moderator: Any
) -> None:
    assert exported(people.minji) == {"reports": [], "decisions": [], "suspensions": [], "statements": []}
    decide(case, "suspended", by=moderator, days=2, reasons="Nothing was sent.")
    mine, theirs = exported(people.juwon), exported(people.minji)
    assert [(each["text"], each["category"], each["decided"]) for each in mine["reports"]] == [
        ("I paid and nothing came", "fraud", True)
    ]
    assert [(each["decision"], each["reasons"], each["messages"]) for each in theirs["decisions"]] == [
        ("suspended", "Nothing was sent.", [SCAM])
    ]
    assert len(theirs["suspensions"]) == len(theirs["statements"]) == 1
    assert "Juwon" not in json.dumps(theirs)


def test_erasing_a_person_leaves_evidence_to_its_own_end(people: People, case: Case) -> None:
    list(erase_messages(people.minji))
    assert Evidence.objects.get().content == SCAM


def test_an_export_reads_the_evidence_of_all_decisions_at_once(people: People, room: Any, moderator: Any) -> None:
    counts = []
    for number in range(1, 5):
        send(room, people.minji, str(number))
        report(people.juwon, room, "", number, category="spam")
        decide(Case.objects.get(seq=number), "warned", by=moderator)
        with counted() as statements:
            theirs, mine = exported(people.minji), exported(people.juwon)
        counts.append(sum(Evidence._meta.db_table in text for text in statements.texts))
    assert [case["messages"] for case in theirs["decisions"]] == [["1"], ["2"], ["3"], ["4"]]
    assert len(mine["reports"]) == 4
    assert counts == [1] * 4


def test_a_dismissed_case_is_not_in_an_export(people: People, case: Case, moderator: Any) -> None:
    decide(case, "dismissed", by=moderator)
    assert exported(people.minji)["decisions"] == []


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ([], "E001"),
        ({"EVIDENCE_DAY": 3}, "E001"),
        ({"NEIGHBOURS": -1}, "E002"),
        ({"NEIGHBOURS": True}, "E002"),
        ({"EVIDENCE_DAYS": "180"}, "E002"),
        ({"CATEGORIES": {}}, "E002"),
        ({"CATEGORIES": ["spam"]}, "E002"),
        ({"STATEMENTS": "letter"}, "E002"),
        ({"RULES": 5}, "E002"),
        ({"STATEMENTS": "message"}, "E003"),
        ({"EVIDENCE_STORAGE": "vault"}, "E004"),
        ({}, None),
        ({"STATEMENTS": "message", "ACCOUNT": 7, "CATEGORIES": {"drugs": "Drugs"}, "NEIGHBOURS": 0}, None),
    ],
)
def test_a_wrong_setting_is_reported(settings: Any, given: Any, number: str | None) -> None:
    settings.PAIRCHAT_MODERATION = given
    found = [problem.id for problem in check_settings()]
    assert found == ([] if number is None else [f"pairchat_moderation.{number}"])
