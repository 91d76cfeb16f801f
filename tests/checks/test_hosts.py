"""What a project has around the chat: catch-alls, a page to log in, a frame, pictures, files, several processes."""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.views import LoginView
from django.core.checks import CheckMessage, run_checks
from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path, set_script_prefix

from django_pairchat.policy import Policy
from tests.support.policies import chosen

CHAT = path("chat/", include("django_pairchat.urls"))
LOGIN = path("login/", LoginView.as_view(), name="login")
MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
REDIS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}}


def found(**given: Any) -> list[CheckMessage]:
    with override_settings(**given):
        return run_checks(tags=["pairchat"])


def found_ids(**given: Any) -> list[str | None]:
    return [message.id for message in found(**given)]


def page(request: HttpRequest, **parts: str) -> HttpResponse:
    return HttpResponse()


def urls(monkeypatch: pytest.MonkeyPatch, *patterns: Any) -> str:
    module = ModuleType("tests.checks.made_urls")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]  # as a host may write it
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


# Addresses

CATCH_ALLS = [
    re_path(r"^((?:[\w\-]+/)*)$", page),
    re_path(r"^.*$", page),
    path("<path:rest>", page),
    path("<slug:page>/", page),
    path("", include([path("<path:rest>", page)])),
    path("chat/rooms/<path:rest>", page),
    path("chat/api/<path:rest>", page),
]


@pytest.mark.parametrize("catch_all", CATCH_ALLS)
def test_a_catch_all_above_the_chat_is_told_of(monkeypatch: pytest.MonkeyPatch, catch_all: Any) -> None:
    (message,) = found(ROOT_URLCONF=urls(monkeypatch, LOGIN, catch_all, CHAT))
    assert message.id == "pairchat.W007"
    assert "/chat/" in message.msg
    assert "above any catch-all" in str(message.hint)


@pytest.mark.parametrize("catch_all", CATCH_ALLS)
def test_a_catch_all_below_the_chat_is_fine(monkeypatch: pytest.MonkeyPatch, catch_all: Any) -> None:
    assert found_ids(ROOT_URLCONF=urls(monkeypatch, LOGIN, CHAT, catch_all)) == []


def test_a_chat_below_a_language_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_ids(ROOT_URLCONF=urls(monkeypatch, *i18n_patterns(LOGIN, CHAT)), LOGIN_URL="login") == []
    assert found_ids(ROOT_URLCONF=urls(monkeypatch, *i18n_patterns(LOGIN, CHAT)), LOGIN_URL="/login/") == []
    assert found_ids(ROOT_URLCONF=urls(monkeypatch, *i18n_patterns(LOGIN, CHAT)), LOGIN_URL="/ko/login/") == []


@pytest.mark.parametrize("url", ["/accounts/login/", "no-such-name", "/login", "/"])
def test_a_login_page_that_is_not_there(url: str, settings: Any) -> None:
    settings.APPEND_SLASH = False
    (message,) = found(LOGIN_URL=url)
    assert message.id == "pairchat.W008"
    assert url in message.msg
    assert "django.contrib.auth.urls" in str(message.hint)


@pytest.mark.parametrize(
    "url", ["/login/", "/login/?via=chat", "/login", "login", "https://sso.example.com/login", "//sso.example.com/"]
)
def test_a_login_page_that_is_there_or_elsewhere(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert found_ids(ROOT_URLCONF=urls(monkeypatch, LOGIN, CHAT), LOGIN_URL=url) == []


# The frame


def templates(folder: Path) -> list[dict[str, Any]]:
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [folder],
            "OPTIONS": {"context_processors": []},
            "APP_DIRS": True,
        }
    ]


@pytest.fixture
def without_shop(settings: Any) -> None:
    """A project in which no other app has a template for the chat."""
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "tests.shop"]


@pytest.mark.usefixtures("without_shop")
def test_pages_outside_of_the_frame_are_told_of_with_what_to_paste(tmp_path: Path) -> None:
    (message,) = found(TEMPLATES=templates(tmp_path))
    assert (message.id, message.level) == ("pairchat.I001", 20)
    assert "{% block pairchat %}" in str(message.hint)


@pytest.mark.usefixtures("without_shop")
@pytest.mark.parametrize("name", ["base.html", "document.html"])
@pytest.mark.parametrize("text", ["<html>{% block pairchat %}{% endblock %}</html>", "{% broken %}"])
def test_pages_in_the_frame_of_the_host(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "pairchat").mkdir()
    (tmp_path / "pairchat" / name).write_text(text)
    assert found_ids(TEMPLATES=templates(tmp_path)) == []


# Pictures and files


class TakesNoPictures(Policy):
    attachment_types = {".pdf": "application/pdf"}


class TakesNothing(Policy):
    attachment_types: dict[str, str] = {}  # type: ignore[misc]  # as a host may write it


def test_pictures_that_are_offered_and_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    (message,) = found()
    assert message.id == "pairchat.W009"
    assert "django-pairchat[images]" in str(message.hint)
    assert found_ids(PAIRCHAT=chosen(TakesNoPictures)) == []


def test_files_in_the_folder_from_which_the_server_is_started() -> None:
    (message,) = found(MEDIA_ROOT="")
    assert message.id == "pairchat.W014"
    assert "MEDIA_ROOT is empty" in message.msg
    assert found_ids(MEDIA_ROOT="", PAIRCHAT=chosen(TakesNothing)) == []


def test_files_that_anybody_may_read(tmp_path: Path) -> None:
    (message,) = found(MEDIA_ROOT=str(tmp_path), MEDIA_URL="/media/")
    assert message.id == "pairchat.W014"
    assert "/media/" in message.msg


@pytest.mark.parametrize("own", [{}, {"STORAGES": settings.STORAGES, "PAIRCHAT": settings.PAIRCHAT}])
def test_what_to_do_about_files_that_anybody_may_read_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: dict[str, Any]
) -> None:
    public = {"MEDIA_ROOT": str(tmp_path / "media"), "MEDIA_URL": "/media/"}
    monkeypatch.setattr(settings, "is_overridden", lambda name: name == "MEDIA_URL")
    (message,) = found(**public, **own)
    module = {"BASE_DIR": tmp_path, **deepcopy(own)}
    exec(str(message.hint).partition("\n")[2], module)
    given = {name: module[name] for name in ("STORAGES", "PAIRCHAT")}
    assert all(given[name].items() >= mine.items() for name, mine in own.items())
    assert found_ids(**public, **given) == []
    with override_settings(**given):
        assert storages["chat"].location == str(tmp_path / "chat-files")


@pytest.mark.parametrize(("url", "public"), [("", False), ("/", False), ("media/", True), ("/media/", True)])
def test_files_of_a_site_below_a_prefix(tmp_path: Path, url: str, *, public: bool) -> None:
    set_script_prefix("/shop/")
    try:
        assert found_ids(MEDIA_ROOT=str(tmp_path), MEDIA_URL=url) == (["pairchat.W014"] if public else [])
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize(("folder", "public"), [("media/chat", True), ("static", True), ("private", False)])
def test_a_storage_of_its_own(tmp_path: Path, folder: str, *, public: bool) -> None:
    private = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / folder), "base_url": None},
    }
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        MEDIA_ROOT=str(tmp_path / "media"),
        MEDIA_URL="/media/",
        STATIC_ROOT=str(tmp_path / "static"),
        STORAGES={"default": private, "private": private, "staticfiles": static},
    ):
        assert found_ids(PAIRCHAT={"STORAGE": "private"}) == (["pairchat.W014"] if public else [])


# Several processes


@pytest.mark.parametrize(
    ("number", "layers", "told"),
    [("4", {}, True), ("4", MEMORY, True), ("4", REDIS, False), ("1", {}, False), ("", {}, False), ("many", {}, False)],
)
def test_several_processes_without_a_layer(
    monkeypatch: pytest.MonkeyPatch, number: str, layers: dict[str, Any], *, told: bool
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", number)
    assert found_ids(CHANNEL_LAYERS=layers) == (["pairchat.W015"] if told else [])
