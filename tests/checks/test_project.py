"""The project around the chat: apps, middleware, URLs, database connections, channel layer."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connections
from django.test import modify_settings, override_settings

from tests.settings.base import INSTALLED_APPS

from .hosts import check_host, ids

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
REDIS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}}
REDIS_CACHE = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1"}}


def found(**given: Any) -> list[CheckMessage]:
    deploy = given.pop("deploy", False)
    with override_settings(**given):
        return run_checks(tags=["pairchat"], include_deployment_checks=deploy)


def found_ids(**given: Any) -> list[str | None]:
    return [message.id for message in found(**given)]


def test_a_plain_host_hears_nothing() -> None:
    assert found_ids() == []


def test_a_plain_host_hears_of_the_channel_layer_when_it_is_deployed() -> None:
    (message,) = found(deploy=True)
    assert message.id == "pairchat.W010"
    assert "fine with one process" in str(message.hint)


def test_a_host_with_redis_hears_nothing_when_it_is_deployed() -> None:
    assert found_ids(deploy=True, CHANNEL_LAYERS=REDIS, CACHES=REDIS_CACHE) == []


# Apps


def test_the_default_app_without_the_core() -> None:
    apps = [name for name in INSTALLED_APPS if name != "django_pairchat"]
    found = check_host(INSTALLED_APPS=[*apps, "django_pairchat.default"])
    assert "pairchat.E020" in ids(found)


@pytest.mark.parametrize("name", ["django.contrib.auth", "django.contrib.sessions"])
def test_a_missing_app(name: str) -> None:
    with modify_settings(INSTALLED_APPS={"remove": [name, "django.contrib.admin"]}):
        messages = run_checks(tags=["pairchat"])
    assert [message.id for message in messages] == ["pairchat.E021"]
    assert name in str(messages[0].hint)


def test_sessions_without_a_table_need_no_app() -> None:
    with modify_settings(INSTALLED_APPS={"remove": "django.contrib.sessions"}):
        assert found_ids(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies") == []


# Middleware and URLs


@pytest.mark.parametrize("path", [SESSIONS, AUTHENTICATION])
def test_a_missing_middleware(path: str) -> None:
    with modify_settings(MIDDLEWARE={"remove": path}):
        (message,) = run_checks(tags=["pairchat"])
    assert message.id == "pairchat.W003"
    assert path in message.msg


def test_a_middleware_that_inherits_from_the_needed_one_will_do() -> None:
    parts = "tests.checks.parts"
    middleware = [SESSIONS, f"{parts}.plain_middleware", f"{parts}.ShopAuthentication", "no.such.middleware"]
    assert found_ids(MIDDLEWARE=middleware) == []


def test_urls_that_are_not_included() -> None:
    (message,) = found(ROOT_URLCONF="tests.checks.urls_without_chat")
    assert message.id == "pairchat.W004"
    assert 'include("django_pairchat.urls")' in str(message.hint)


def test_urls_under_another_namespace_are_found() -> None:
    assert found_ids(ROOT_URLCONF="tests.checks.urls_elsewhere") == []


def test_a_project_without_pages_needs_no_urls() -> None:
    assert found_ids(ROOT_URLCONF=None) == []


# Database connections


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options of a database server that the chat is on, to be changed at will."""
    connection = connections["default"]
    changed = dict(connection.settings_dict)
    monkeypatch.setattr(connection, "settings_dict", changed)
    monkeypatch.setattr(connection, "vendor", "postgresql")
    return changed


@pytest.mark.parametrize("seconds", [60, None])
def test_connections_that_are_kept_and_never_looked_at(options: dict[str, Any], seconds: int | None) -> None:
    options["CONN_MAX_AGE"] = seconds
    (message,) = found()
    assert message.id == "pairchat.W005"
    assert "CONN_HEALTH_CHECKS" in str(message.hint)


@pytest.mark.parametrize("given", [{"CONN_MAX_AGE": 0}, {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}])
def test_connections_that_are_closed_or_looked_at(options: dict[str, Any], given: dict[str, Any]) -> None:
    options.update(given)
    assert found_ids() == []


def test_a_database_in_a_file_is_never_out_of_reach(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    options["CONN_MAX_AGE"] = 60
    assert found_ids() == []


@pytest.mark.parametrize("pool", [{"max_size": 1, "min_size": 1}, {"min_size": 1}, {"min_size": 0, "max_size": 1}])
def test_a_pool_of_one_connection(options: dict[str, Any], pool: dict[str, int]) -> None:
    options["OPTIONS"] = {"pool": pool}
    (message,) = found()
    assert message.id == "pairchat.W006"
    assert "at least 2" in str(message.hint)


@pytest.mark.parametrize("pool", [None, False, True, {}, {"min_size": 2}, {"min_size": 1, "max_size": 2}])
def test_a_pool_that_is_large_enough_or_none(options: dict[str, Any], pool: Any) -> None:
    options["OPTIONS"] = {"pool": pool}
    assert found_ids() == []


# Channel layer


@pytest.mark.parametrize("deploy", [False, True])
@pytest.mark.parametrize(
    "layer", [{"BACKEND": "no_such_package.Layer"}, {"BACKEND": "channels.layers.NoSuchLayer"}, {}, None]
)
def test_a_channel_layer_that_cannot_be_imported(layer: Any, deploy: bool) -> None:
    assert found_ids(CHANNEL_LAYERS={"default": layer}, deploy=deploy) == ["pairchat.E022"]


def test_a_layer_of_another_name_is_none() -> None:
    assert found_ids(CHANNEL_LAYERS={"other": MEMORY["default"]}, deploy=True) == ["pairchat.W010"]


def test_the_in_memory_layer_is_fine_until_it_is_deployed() -> None:
    assert found_ids(CHANNEL_LAYERS=MEMORY) == []
    assert found_ids(CHANNEL_LAYERS=MEMORY, deploy=True) == ["pairchat.W011"]


def test_several_processes_without_a_common_cache() -> None:
    caches = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert found_ids(CHANNEL_LAYERS=REDIS, CACHES=caches) == []
    assert found_ids(CHANNEL_LAYERS=REDIS, CACHES=caches, deploy=True) == ["pairchat.W012"]


def test_a_cache_that_keeps_nothing_is_fine_until_it_is_deployed() -> None:
    caches = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert found_ids(CACHES=caches) == []
    assert found_ids(CHANNEL_LAYERS=REDIS, CACHES=caches, deploy=True) == ["pairchat.W013"]


# What cannot be made


def test_a_channel_layer_whose_configuration_does_not_suit_it() -> None:
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"no_such_option": 1}}
    (message,) = found(CHANNEL_LAYERS={"default": layer})
    assert message.id == "pairchat.E023"
    assert "no_such_option" in message.msg
    assert '"CONFIG"' in str(message.hint)


async def test_a_channel_layer_that_needs_an_event_loop_to_be_made() -> None:
    """Also where there is one already, in which it must not be made."""
    assert found_ids(CHANNEL_LAYERS={"default": {"BACKEND": "tests.checks.parts.LayerInALoop"}}) == []


@pytest.mark.parametrize("deploy", [False, True])
@pytest.mark.parametrize("backend", ["no_such_package.Cache", "tests.checks.parts.Unmade"])
def test_a_cache_that_cannot_be_made(backend: str, deploy: bool) -> None:
    assert found_ids(CACHES={"default": {"BACKEND": backend}}, CHANNEL_LAYERS=REDIS, deploy=deploy) == ["pairchat.E024"]
