"""What a page says of itself, however it was written."""

from __future__ import annotations

import pytest

from django_pairchat.previews.open_graph import describe

URL = "https://site.example/a/page"


def test_open_graph_comes_before_what_the_page_says_otherwise() -> None:
    html = b"""<!doctype html><html><head><title>Otherwise</title><meta name="description" content="Otherwise">
    <meta property="og:title" content="A &amp; B"><meta content="Short" property="OG:Description">
    <meta property="og:site_name" content="Site"><meta property="og:image" content="../photo.png">
    <meta property="og:title" content="Second"></head><body><title>No</title></body>"""
    assert describe(html, "", URL) == ("A & B", "Short", "Site", "https://site.example/photo.png")


def test_a_title_alone_is_enough_and_broken_markup_is_read_as_far_as_it_goes() -> None:
    assert describe(b"<title>One\n  <b two</title><meta name=description content='Cut of", "", URL).title
    assert describe(b"<p>nothing", "", URL) == ("", "", "", "")
    assert describe(b"<body><meta property=og:title content=late>", "", URL).title == ""
    assert describe(b"<title>\xeb\xaf\xbc\xec\xa7", "", URL).title.startswith("\ubbfc") is True


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("<title>민지</title>".encode("euc-kr"), "euc-kr"),
        ('<meta charset="euc-kr"><title>민지</title>'.encode("euc-kr"), ""),
        ("<title>민지</title>".encode(), "no-such-charset"),
        # Codecs of Python alone.
        ("<title>민지</title>".encode(), "undefined"),
        ("<title>민지</title>".encode(), "punycode"),
        # A declaration that no browser minds.
        ("<title>민지</title><![else[x]]>".encode(), ""),
    ],
)
def test_it_is_read_in_the_charset_that_is_named(content: bytes, charset: str) -> None:
    assert describe(content, charset, URL).title == "민지"


def test_a_picture_at_no_address_takes_nothing_else_along() -> None:
    html = b'<meta property="og:title" content="A"><meta property="og:image" content="http://[">'
    assert describe(html, "", URL) == ("A", "", "", "")


def test_what_is_not_seen_is_left_out_and_what_is_long_is_cut() -> None:
    found = describe("<title>\u202eevil\u200b\x00 \n name</title>".encode(), "", URL)
    assert found.title == "evil name"
    assert len(describe(b"<title>" + b"long " * 1000 + b"</title>", "", URL).title) <= 200
