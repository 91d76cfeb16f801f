"""A report on a phone, the desk that decides about it, and the person who may not write any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .board import Board, served
from .conftest import PASSWORD, Meet, SignIn
from .helpers import composer, faults, live, message, open_menu, something_new

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "locale": "ko-KR",
}
DESK = (
    "from django.contrib.auth import get_user_model as model; "
    f"model().objects.create_superuser('desk', 'desk@example.com', {PASSWORD!r})"
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    apps = 'INSTALLED_APPS = [*INSTALLED_APPS, "django_pairchat.moderation"]'
    with served(tmp_path_factory.mktemp("desk"), apps) as board:
        board.manage("shell", "-c", DESK)
        yield board


@pytest.fixture
def people(desk: Board, sign_in: SignIn, meet: Meet) -> tuple[Page, Page, str]:
    """Juwon and Minji on phones, in a room of their own, where Minji has said something."""
    juwon, minji = (sign_in(name, server=desk.url, bypass_csp=True, **PHONE) for name in ("juwon", "minji"))
    address = meet(juwon, minji)
    minji.goto(address)
    for page in (juwon, minji):
        live(page)
    text = something_new("먼저 입금하시면 보내 드려요")
    composer(minji).fill(text)
    minji.locator("[data-pc-action=send]").click()
    expect(message(juwon, text)).to_be_visible()
    return juwon, minji, text


def decide(page: Page, text: str, **values: str) -> None:
    """Opens the case about this message, and decides."""
    page.goto("/admin/pairchat_moderation/case/")
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#content")).to_contain_text(text)
    page.locator("[name=decision]").select_option(values.pop("decision"))
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_a_report_is_resolved_and_the_suspended_person_is_told(
    desk: Board, sign_in: SignIn, people: tuple[Page, Page, str]
) -> None:
    juwon, minji, text = people
    open_menu(juwon, text).get_by_role("menuitem", name="신고").click()
    expect(juwon.locator("[data-pc-view=report]")).to_contain_text(text)
    assert faults(juwon) == []
    assert juwon.evaluate("document.documentElement.scrollWidth <= innerWidth")
    juwon.get_by_label("어떤 문제가 있나요?").select_option("fraud")
    juwon.get_by_role("button", name="신고 보내기").click()
    expect(juwon.get_by_role("status").filter(has_text="고마워요")).to_be_visible()

    staff = sign_in("desk", server=desk.url, fresh=True)
    decide(staff, text, decision="suspended", days="3", reasons="물건 없이 입금을 요구했어요.")

    # The page that is open learns of it by itself.
    expect(composer(minji)).to_be_hidden()
    closed = minji.locator("[data-pc-part=closed]")
    expect(closed).to_contain_text("글쓰기를 정지했어요")
    assert faults(minji) == []
    expect(composer(juwon)).to_be_visible()

    without_scripts = sign_in("minji", server=desk.url, scripts=False, **PHONE)
    without_scripts.goto(minji.url)
    expect(without_scripts.locator("[data-pc-part=closed]")).to_contain_text("글쓰기를 정지했어요")
    expect(composer(without_scripts)).to_be_hidden()

    staff.goto("/admin/pairchat_moderation/suspension/")
    staff.locator("#result_list .action-select").first.check()
    staff.locator("[name=action]").select_option("lift")
    staff.get_by_role("button", name="Go", exact=True).click()
    expect(composer(minji)).to_be_visible()
