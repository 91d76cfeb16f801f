"""The languages that are complete: every sentence translated, every page shown in it."""

from __future__ import annotations

import ast
import gettext
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation.template import templatize

from django_pairchat import services
from django_pairchat.web.javascript_catalog import javascript_catalog

from .browser import Browser

# In the source tree: a wheel has no .po files.
LOCALES = Path(__file__).resolve().parents[3] / "src" / "django_pairchat" / "locale"
LANGUAGES = {"ko": "ko", "ja": "ja", "zh-hans": "zh_Hans", "es": "es", "de": "de", "fr": "fr", "ar": "ar"}


def entries(locale: str) -> list[str]:
    source = (LOCALES / locale / "LC_MESSAGES" / "django.po").read_text()
    return [entry for entry in re.split(r"\n\n+", source) if re.search(r'^msgid "(?!"$)', entry, re.MULTILINE)]


def sentences_of(source: str) -> set[tuple[str, str]]:
    """The sentences that Python code marks for translation, each with its context."""
    found = set()
    for call in ast.walk(ast.parse(source)):
        name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name.removesuffix("_lazy") in {"_", "gettext", "ngettext", "pgettext"}:
            texts = [text.value for text in call.args if isinstance(text, ast.Constant) and isinstance(text.value, str)]
            if texts:
                found.add((texts[0], texts[1]) if "pgettext" in name else ("", texts[0]))
    return found


def sentences_of_template(source: str) -> set[tuple[str, str]]:
    calls = re.findall(
        r"(?:gettext|ngettext|pgettext|_)\((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*\)", templatize(source)
    )
    return set().union(*(sentences_of(call) for call in calls))


def test_every_sentence_of_the_code_is_with_the_translators() -> None:
    package = LOCALES.parent
    wanted: set[tuple[str, str]] = set()
    for path in package.rglob("*.py"):
        wanted |= sentences_of(path.read_text())
    for path in (*package.rglob("*.html"), *package.rglob("*.txt")):
        wanted |= sentences_of_template(path.read_text())
    known = {_key(entry) for entry in entries("ko")}
    assert len(wanted) > 100
    assert wanted - known == set()
    assert known - wanted == set()


def _key(entry: str) -> tuple[str, str]:
    context = re.search(r'^msgctxt (".*")$', entry, re.MULTILINE)
    text = re.search(r'^msgid (".*")$', entry, re.MULTILINE)
    assert text is not None
    return (json.loads(context[1]) if context else "", json.loads(text[1]))


@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_every_sentence_is_translated(locale: str) -> None:
    assert len(entries(locale)) > 100
    unfinished = [entry for entry in entries(locale) if re.search(r'msgstr(\[\d\])? ""(\n[^"]|$)|, fuzzy', entry)]
    assert unfinished == []


@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_all_languages_have_the_same_sentences(locale: str) -> None:
    def sentences(name: str) -> set[str]:
        return {re.sub(r"(?m)^(#.*\n|msgstr(?s:.*))", "", entry).strip() for entry in entries(name)}

    assert sentences(locale) == sentences("ko")


@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_what_is_compiled_is_what_is_written(locale: str) -> None:
    with (LOCALES / locale / "LC_MESSAGES" / "django.mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]  # no public list of them
    written = sum(max(entry.count("\nmsgstr["), 1) for entry in entries(locale))
    assert len([key for key in known if key]) == written


DATE = 'msgctxt "date in a list"'


@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_placeholders_are_those_of_the_sentence(locale: str) -> None:
    for entry in entries(locale):
        original, *translations = re.split(r"^msgstr.*? ", entry, flags=re.MULTILINE)
        known = set(re.findall(r"\{\w+\}|%\(\w+\)s|%d", original))
        if DATE in original:
            # A language may write the number of the month in place of its name.
            known -= {"{month}", "{number}"}
            translations = [re.sub(r"\{month\}|\{number\}", "", text) for text in translations]
        for text in translations:
            used = set(re.findall(r"\{\w+\}|%\(\w+\)s|%d", text))
            # A form for one, two or none may spell its number out.
            assert used == known or ("msgid_plural" in original and used < known), entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_shown_in_it(language: str, minji: Any, room: Any, juwon: Any, key: str) -> None:
    services.send(room, juwon, "hello")
    browser = Browser(minji, accept_language=language)
    page = browser.open(f"/chat/rooms/{key}/")
    assert page.root.one("html")["lang"] == language
    assert page.root.one("html")["dir"] == ("rtl" if language == "ar" else "ltr")
    with translation.override(language):
        for sentence in ("Mark as read", "Send", "Older messages"):
            assert translation.gettext(sentence) != sentence
            assert translation.gettext(sentence) in page.html
    for address in ("/chat/", f"/chat/rooms/{key}/messages/1/", "/chat/search/?query=x", f"/chat/rooms/{key}/report/"):
        assert browser.open(address).status == 200


def test_korean_calls_me_na(minji: Any, room: Any, key: str) -> None:
    services.send(room, minji, "안녕")
    page = Browser(minji, accept_language="ko").open(f"/chat/rooms/{key}/")
    assert page.message(1).slot("sender").text == "나"
    assert page.root.one("pair-chat")["data-me-name"] == "나"


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_the_script_gets_its_sentences_in_it(language: str, minji: Any) -> None:
    page = Browser(minji, accept_language=language).open("/chat/")
    carried = json.loads("".join(map(str, page.root.one("script", id="pc-catalogue").children)))
    with translation.override(language):
        assert carried == javascript_catalog()
    assert set(carried["new_messages"]) == {"zero", "one", "two", "few", "many", "other"}


def test_the_language_of_the_script_is_a_tag_that_intl_knows() -> None:
    tags = {}
    for language in ("ko", "zh-hans", "pt-br", "en"):
        with translation.override(language):
            tags[language] = javascript_catalog()["lang"]
    assert tags == {"ko": "ko", "zh-hans": "zh-Hans", "pt-br": "pt-BR", "en": "en"}
