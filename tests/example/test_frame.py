"""What every page of the site has: its language, its policy, its header."""

from __future__ import annotations

import re

from django.test import Client

from .conftest import SignIn


def test_the_language_follows_the_browser(client: Client, db: None) -> None:
    korean = client.get("/", headers={"accept-language": "ko-KR,ko;q=0.9"}).content.decode()
    english = client.get("/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="ko">' in korean
    assert "혹시 누가 찾았을까요?" in korean
    assert "Has somebody found it?" in english


def test_the_switch_in_the_header_chooses_the_language(client: Client, db: None) -> None:
    answer = client.post("/i18n/setlang/", {"language": "ko", "next": "/posts/1/"})
    assert answer["Location"] == "/posts/1/"
    assert '<html lang="ko">' in client.get("/").content.decode()


def test_the_languages_are_called_by_their_own_names(client: Client, db: None) -> None:
    for language in ("ko", "en"):
        page = client.get("/", headers={"accept-language": language}).content.decode()
        assert ">한국어</button>" in page
        assert ">English</button>" in page


def test_pages_allow_no_foreign_and_no_inline_code(client: Client, db: None) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_djangos_admin_is_left_to_its_own_scripts(client: Client, db: None) -> None:
    assert "Content-Security-Policy" not in client.get("/admin/login/")


def test_the_header_says_who_is_signed_in(sign_in: SignIn) -> None:
    page = sign_in("sora").get("/").content.decode()
    assert re.search(r'<span class="who"><a href="/chat/notifications/"[^>]*>소라</a></span>', page)
