"""Where a worker never connects to, whatever an address looks like and wherever it leads."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from django_pairchat.previews import fetching, guard
from django_pairchat.previews.fetching import fetch
from django_pairchat.previews.outcome import Refused, Unreachable

from .site import Site, respond

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "not an address",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::200e"]
NO_PAGES = [
    "ftp://site.example/",
    "file:///etc/passwd",
    "gopher://site.example/",
    "javascript:alert(1)",
    "//site.example/",
    "http:///path",
    "http://",
    "http://user@site.example/",
    "http://user:password@site.example/",
    "http://site.example:22/",
    "http://site.example:6379/",
    "https://site.example:80/",
    "http://site.example:99999/",
    "http://[::1/",
    "http://site.example/a b",
    "http://site.example/a\r\nHost: other",
    "http://site.example/" + "a" * 3000,
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_no_place_to_go(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize("url", NO_PAGES)
def test_what_is_not_the_address_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        guard.parsed(url)


# The names of the machine itself, and numbers that are addresses: the system's own library reads them.
@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "[::1]", "0"])
def test_a_host_that_means_this_machine_is_refused(host: str) -> None:
    with pytest.raises((Refused, Unreachable)):
        fetch(f"http://{host}/", types=["text/html"], limit_bytes=10, whole=False)


def get(url: str, **options: Any) -> fetching.Fetched:
    return fetch(url, **{"types": ["text/html"], "limit_bytes": 1000, "whole": False, **options})


def test_a_page_is_fetched_without_cookies_and_without_saying_from_where(site: Site) -> None:
    site.page("/page?a=b", "<title>Page</title>", **{"Set-Cookie": "a=b"})
    site.redirect("/begin", "/page?a=b#there")
    got = get("http://site.example/begin#part")
    assert (got.url, got.content, got.charset) == (
        "http://site.example/page?a=b#there",
        b"<title>Page</title>",
        "utf-8",
    )
    assert site.paths == ["/begin", "/page?a=b"]
    for _path, headers in site.asked:
        assert headers["Host"] == f"site.example:{site.port}" or headers["Host"] == "site.example"
        assert not {"Cookie", "Referer", "Authorization"} & set(headers)


def test_one_address_that_is_not_public_spoils_a_name(site: Site) -> None:
    site.page("/", "<title>Page</title>")
    site.names["both.example"] = [["127.0.0.1", "10.0.0.1"]]
    with pytest.raises(Refused, match="public"):
        get("http://both.example/")
    assert site.asked == []


def test_a_name_that_changes_its_meaning_leads_nowhere_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.page("/", "<title>Page</title>")
    site.names["turns.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    connected: list[Any] = []
    connect = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda where, *rest: connected.append(where[0]) or connect(where, *rest)
    )
    assert get("http://turns.example/").content == b"<title>Page</title>"
    assert (site.looked_up, connected) == (["turns.example"], ["127.0.0.1"])
    with pytest.raises(Refused, match="public"):
        get("http://turns.example/")


@pytest.mark.parametrize(
    "to",
    [
        "http://inside.example/",
        "//inside.example/",
        "http://user@site.example/",
        "http://site.example:22/",
        "file:///etc/passwd",
        "http://site.example/not-allowed",
        "",
    ],
)
def test_a_redirect_is_judged_like_the_first_address(site: Site, to: str) -> None:
    site.names["inside.example"] = [["169.254.169.254"]]
    site.redirect("/begin", to)
    with pytest.raises(Refused):
        get("http://site.example/begin", allows=lambda url: "not-allowed" not in url)
    assert site.paths == ["/begin"]


def test_redirects_end(site: Site) -> None:
    for number in range(9):
        site.redirect(f"/{number}", f"/{number + 1}")
    with pytest.raises(Refused, match="redirects"):
        get("http://site.example/0")
    assert site.paths == ["/0", "/1", "/2", "/3"]


def test_no_more_is_read_than_is_wanted(site: Site) -> None:
    site.page("/long", "<title>Page</title>" + "x" * 5000)
    assert len(get("http://site.example/long").content) == 1000
    with pytest.raises(Refused, match="large"):
        get("http://site.example/long", whole=True)


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [("application/pdf", {}), ("text/plain", {}), ("", {}), ("text/html", {"Content-Encoding": "gzip"})],
)
def test_what_is_no_page_is_not_read(site: Site, content_type: str, headers: dict[str, str]) -> None:
    site.page("/", "x", content_type, **headers)
    with pytest.raises(Refused):
        get("http://site.example/")


@pytest.mark.parametrize(
    ("status", "problem"), [(404, Refused), (410, Refused), (429, Unreachable), (503, Unreachable)]
)
def test_only_what_may_come_back_is_tried_again(site: Site, status: int, problem: type[Exception]) -> None:
    site.answers["/"] = lambda handler: respond(handler, status, b"", {})
    with pytest.raises(problem):
        get("http://site.example/")
    with pytest.raises(Unreachable):
        get("http://unknown.example/")


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_left(
    site: Site, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.5)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if part == "body":
            handler.wfile.write(b"Content-Type: text/html\r\n\r\n")
        for _ in range(200):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.05)

    site.answers["/"] = drip
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        get("http://site.example/")
    # Ten seconds is what it would like to send.
    assert time.monotonic() - begun < 8
