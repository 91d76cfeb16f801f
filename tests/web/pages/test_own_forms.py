"""A host's own forms, as the guide shows them, on the pages without JavaScript."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from django_pairchat import get_message_model, services
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.forms import ContentField, EditForm, ReportForm, SearchForm
from django_pairchat.signals import message_reported
from tests.docs.page import blocks
from tests.web.api.caller import Caller

from .browser import Browser, fields_of

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "templates.md"


def block_of(caption: str) -> str:
    return next(block.text for block in blocks(GUIDE.read_text("utf-8")) if block.path == caption)


@pytest.fixture(autouse=True)
def shop_forms(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The guide's ``shop/forms.py``, in force as the guide's ``settings.py`` says."""
    module, chosen = ModuleType("shop.forms"), dict[str, Any]()
    exec(block_of("shop/forms.py"), module.__dict__)
    exec(block_of("settings.py"), chosen)
    monkeypatch.setitem(sys.modules, "shop", ModuleType("shop"))
    monkeypatch.setitem(sys.modules, "shop.forms", module)
    with override_settings(PAIRCHAT={**settings.PAIRCHAT, **chosen["PAIRCHAT"]}):
        yield


def own_form(form: type[EditForm | ReportForm | SearchForm]) -> dict[str, Any]:
    """Settings with this form in place of the library's."""
    return {**settings.PAIRCHAT, "FORM_CLASSES": {form.kind: f"{form.__module__}.{form.__name__}"}}


@pytest.fixture
def reasons() -> Iterator[list[str]]:
    """The reasons of all reports that the host hears of."""
    heard: list[str] = []

    def hear(reason: str, **kwargs: Any) -> None:
        heard.append(reason)

    message_reported.connect(hear)
    yield heard
    message_reported.disconnect(hear)


def test_a_stricter_message_form_keeps_the_text_and_says_why(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    refused = page.press("Send", content="hello")
    assert refused.status == 422
    assert refused.root.slot("error").text == "Please write more than one word."
    assert (refused.composer["content"], refused.composer["client_id"]) == ("hello", page.composer["client_id"])
    box = refused.root.slot("input")
    assert box["aria-invalid"] == "true"
    assert refused.root.one(id=box["aria-describedby"]).text == "Please write more than one word."
    assert refused.press("Send", content="hello there").texts == ["hello there"]


def test_its_refusals_cost_what_those_of_the_library_cost(
    at_minji: Browser, minji: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    spent: list[str] = []
    monkeypatch.setattr(rate_limiter(), "acquire", lambda user, kind="send", cost=1: spent.append(kind) or 0.0)
    for content in ("hello", " ", "x " * 3000):
        page.press("Send", content=content)
    assert spent.count("refused") == 3


def test_the_rules_of_the_library_hold_before_those_of_the_host(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="x" * 4001)
    assert (page.status, page.root.slot("error").text) == (400, "This text is too long.")


def test_a_stranger_learns_nothing_from_a_form(sora: Any, key: str, missing_key: str) -> None:
    client = Client()
    client.force_login(sora)
    answers = [client.post(f"/chat/rooms/{shown}/send/", {"content": "hello"}) for shown in (key, missing_key)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_the_http_endpoints_do_not_use_the_forms(minji: Any, key: str) -> None:
    assert Caller(minji).says(key, "hello").status_code == 201
    assert list(get_message_model()._default_manager.values_list("content", flat=True)) == ["hello"]


class NeedsThreeLetters(SearchForm):
    def clean_query(self) -> str:
        query: str = self.cleaned_data["query"]
        if len(query) < 3:
            raise forms.ValidationError("Please write at least three letters.")
        return query


def test_a_stricter_search_form_says_nothing_before_anybody_searches(at_minji: Browser, key: str) -> None:
    with override_settings(PAIRCHAT=own_form(NeedsThreeLetters)):
        for address in ("/chat/search/", f"/chat/search/?room={key}"):
            page = at_minji.open(address)
            assert (page.status, page.root.all(role="alert")) == (200, [])
        assert page.press("Search", query="").status == 422
        assert page.press("Search", query="ab").root.one(role="alert").text == "Please write at least three letters."
        assert "Nothing found" in page.press("Search", query="abc").text


class WithProof(ReportForm):
    proof = forms.FileField(label="Proof")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "proof" in values:
            values["reason"] = values["proof"].read().decode()
        return values


class FromFile(EditForm):
    content = ContentField(may_be_empty=True)
    new_text = forms.FileField()

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "new_text" in values:
            values["content"] = values["new_text"].read().decode()
        return values


def test_a_file_that_a_host_adds_to_the_report_arrives(
    at_minji: Browser, key: str, reasons: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    address = f"/chat/rooms/{key}/report/"
    with override_settings(PAIRCHAT=own_form(WithProof)):
        page = at_minji.open(address)
        form = page.root.one("form", data_pc_form="report")
        assert (form["enctype"], form.one("input", name="proof")["type"]) == ("multipart/form-data", "file")
        filled = fields_of(form) | {"reason": "see there", "proof": SimpleUploadedFile("proof.txt", b"they lied")}
        with django_capture_on_commit_callbacks(execute=True):
            assert "Your report was sent." in at_minji.post(address, filled).text
    assert reasons == ["they lied"]


def test_a_file_that_a_host_adds_to_the_form_of_an_edit_arrives(
    at_minji: Browser, minji: Any, room: Any, key: str
) -> None:
    services.send(room, minji, "before")
    address = f"/chat/rooms/{key}/messages/1/"
    with override_settings(PAIRCHAT=own_form(FromFile)):
        form = at_minji.open(address).root.one("form", data_pc_form="edit")
        assert form["enctype"] == "multipart/form-data"
        filled = fields_of(form) | {"new_text": SimpleUploadedFile("new.txt", b"after")}
        assert at_minji.post(address, filled).texts == ["after"]


def test_a_field_that_a_host_adds_to_the_report_is_shown_and_arrives(
    at_minji: Browser, key: str, reasons: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/report/")
    box = page.root.one("select", name="kind_of_report")
    assert page.root.one("label", for_=box["id"]).text == "Kind"
    with django_capture_on_commit_callbacks(execute=True):
        page = page.press("Send the report", reason="they lied", kind_of_report="fraud")
    assert "Your report was sent." in page.text
    assert reasons == ["fraud: they lied"]


def test_what_is_wrong_with_it_stands_beside_it_and_the_reason_is_kept(
    at_minji: Browser, key: str, reasons: list[str]
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/report/")
    refused = page.press("Send the report", reason="they lied", kind_of_report="dull")
    assert refused.status == 422
    assert refused.root.one("textarea", name="reason").text == "they lied"
    box = refused.root.one("select", name="kind_of_report")
    (alert,) = refused.root.all(role="alert")
    assert (alert["id"], "dull" in alert.text) == (box["aria-describedby"], True)
    assert reasons == []


def test_the_choice_is_kept_where_the_reason_is_missing(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/report/").press("Send the report", reason="", kind_of_report="rude")
    assert page.status == 400
    (alert,) = page.root.all(role="alert")
    assert alert.text == "Write what is wrong, in at most 1000 characters."
    assert [option["value"] for option in page.root.all("option", selected=True)] == ["rude"]
