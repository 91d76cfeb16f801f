"""The shipped detectors: how well they find what is labelled, and what a policy does with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pairchat.review import KINDS, MASK, find_contacts
from django_pairchat.review.verdicts import is_masked_from, masked

from .labelled_texts import HOSTS, read, score

SETS = ("development", "held_out")


@pytest.mark.parametrize("name", SETS)
def test_they_find_what_is_labelled_and_nothing_else(name: str) -> None:
    result = score(name)
    print(f"{name}: precision {result.precision:.4f}, recall {result.recall:.4f}, of {result.right} found as labelled")
    assert (result.wrong, result.missed) == ([], [])


def test_there_are_enough_labelled_texts_of_each_kind_and_of_none() -> None:
    texts = [each for name in SETS for each in read(name)]
    kinds = [label.kind for _text, labels in texts for label in labels]
    assert len(texts) >= 400
    assert len({text for text, _labels in texts}) == len(texts)
    assert all(kinds.count(kind) >= 15 for kind in KINDS)
    assert sum(not labels for _text, labels in texts) >= 150


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_kinds_that_are_asked_for_are_found(kind: str) -> None:
    text = "010-1234-5678 국민 123456-01-123456 minji@example.com 카톡 minji77 https://shop-example.com"
    assert [contact.kind for contact in find_contacts(text, kinds=[kind], hosts=HOSTS)] == [kind]


def test_what_is_found_is_masked_and_the_rest_stays() -> None:
    text = "전화는 010-1234-5678, 메일은 minji@example.com 이에요"
    spans = [contact.span for contact in find_contacts(text)]
    assert masked(text, spans) == f"전화는 {MASK * 13}, 메일은 {MASK * 17} 이에요"


def test_without_hosts_of_the_site_only_mixed_scripts_are_suspicious() -> None:
    assert find_contacts("https://shop-example.com") == []
    assert [contact.kind for contact in find_contacts("https://ѕhop.example")] == ["host"]


@pytest.mark.parametrize("host", ["shop.example", "www.shop.example", "help.shop.example", "SHOP.example"])
def test_a_host_of_the_site_is_none_that_looks_like_one(host: str) -> None:
    assert find_contacts(f"https://{host}/pay", hosts=["Shop.example"]) == []


PIECES = st.sampled_from(
    ["010", "-1234", "공일공", "①", "카톡 ", "id:", "@", "a.b", "example.com", "국민 ", "DE89", " ", "İ", "７"]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_gives_places_in_it_that_do_not_overlap(text: str) -> None:
    found = find_contacts(text, hosts=HOSTS)
    ends = [0, *(contact.end for contact in found)]
    assert all(end <= contact.start < contact.end for end, contact in zip(ends, found, strict=False))
    assert ends[-1] <= len(text)
    assert is_masked_from(masked(text, [contact.span for contact in found]), text)
