"""What becomes of a text: line ends, controls, emptiness, length; and what is one emoji."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pairchat.protocol.content import clean_content
from django_pairchat.protocol.emoji import is_one_emoji
from django_pairchat.protocol.errors import ChatError
from django_pairchat.protocol.json_text import utc
from tests.support.outcomes import attempt

INVISIBLE = "\u034f\u115f\u1160\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))


def code_of(text: str) -> str | None:
    outcome = attempt(lambda: clean_content(text))
    return str(outcome.code) if isinstance(outcome, ChatError) else None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\r\r\nb", "a\n\nb"),
        ("\ta\n", "\ta\n"),
        ("a\x07b\x1bc\x7fd\x85e\x9ff", "abcdef"),
        ("\x01x", "x"),
        (" a ", " a "),
        ("e\u0301", "e\u0301"),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab"),
        ("\u202eabc\u202c", "\u202eabc\u202c"),
        ("a\u2028b\u2029c", "a\u2028b\u2029c"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("<script>alert(1)</script>{{7*7}}", "<script>alert(1)</script>{{7*7}}"),
        ("\ufeffa", "\ufeffa"),
        ("\ufffe\uffff", "\ufffe\uffff"),
    ],
)
def test_only_line_ends_and_controls_are_touched(text: str, kept: str) -> None:
    assert clean_content(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t\r",
        "\x07",
        "\u00a0\u2003\u3000",
        "\u200b\u200d\u2060\ufeff\u00ad\u061c\U000e0041",
        INVISIBLE,
        "\u202e",
    ],
)
def test_what_nobody_can_see_is_empty(text: str) -> None:
    assert code_of(text) == "empty"


@pytest.mark.parametrize("invisible", [*INVISIBLE, " ", "\u200b"])
def test_something_to_see_among_it_is_not_empty(invisible: str) -> None:
    assert clean_content(invisible + "a" + invisible) == invisible + "a" + invisible


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "a\ude00\ud83d"])
def test_what_some_database_cannot_keep_is_bad_text(text: str) -> None:
    assert code_of(text) == "bad_text"


@pytest.mark.parametrize("character", ["a", "한", "😀", "\u202e"])
def test_4000_code_points_are_the_limit(character: str) -> None:
    assert code_of("x" + character * 3999) is None
    assert code_of("x" + character * 4000) == "too_long"


def test_the_limit_counts_what_is_kept() -> None:
    assert clean_content("a\r\n" * 2000) == "a\n" * 2000
    assert clean_content("x" * 4000 + "\x07" * 100) == "x" * 4000


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_kept_clean_or_refused(text: str) -> None:
    code = code_of(text)
    if code is None:
        kept = clean_content(text)
        assert clean_content(kept) == kept
        assert not any(unicodedata.category(letter) == "Cc" and letter not in "\t\n" for letter in kept)
        assert kept.encode().decode() == kept
    else:
        assert code in {"bad_text", "empty"}


ONE = [
    *("😀", "👍", "👍🏽", "❤", "❤️", "☺️", "©", "®️", "™", "ℹ️", "⌚", "🇰🇷", "🇺🇳", "#️⃣", "*️⃣", "0️⃣", "9⃣"),
    *("👩‍👩‍👧‍👦", "👩🏽‍🤝‍👨🏿", "🏳️‍🌈", "🏴‍☠️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑🏿‍🚀", "❤️‍🔥", "👁️‍🗨️", "🫱🏻‍🫲🏿", "🐦‍⬛", "🙂‍↕️", "㊗️"),
]
NOT_ONE = [
    *(
        "",
        " ",
        "a",
        "1",
        "#",
        "한",
        "😀😀",
        "😀 ",
        " 😀",
        "👍👍🏽",
        "🇰",
        "🇰🇷🇰",
        "🇰🇷🇺🇳",
        "👍\u200d",
        "\u200d👍",
        "\u200d",
    ),
    *("\ufe0f", "🏽🏽", "👩‍👩‍", "😀️️", "😀\0", "\ud83d", ":)", "<3", "😀\n", "\u20e3", "x️⃣", "👩‍a", "😀" + "‍😀" * 20),
]


@pytest.mark.parametrize("text", ONE)
def test_one_emoji_sequence_is_one(text: str) -> None:
    assert is_one_emoji(text)


@pytest.mark.parametrize("text", NOT_ONE)
def test_anything_else_is_not(text: str) -> None:
    assert not is_one_emoji(text)


@given(st.text(st.characters(), max_size=60))
def test_two_of_whatever_is_one_are_not_one(text: str) -> None:
    assert not (is_one_emoji(text) and is_one_emoji(text + text))


def test_a_time_of_a_host_s_own_class_is_written_as_any_other() -> None:
    class Frozen(datetime):
        pass

    assert utc(Frozen(2026, 11, 30, 1, 2, 3, 456789, tzinfo=UTC)) == "2026-11-30T01:02:03.456Z"
