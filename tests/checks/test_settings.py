"""``PAIRCHAT``: its names, and the type of each value."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from django_pairchat.conf import DEFAULTS, conf

PARTS = "tests.checks.parts"


def found(given: Any) -> list[CheckMessage]:
    with override_settings(PAIRCHAT=given):
        return run_checks(tags=["pairchat"])


@pytest.mark.parametrize(
    "given",
    [
        {},
        DEFAULTS,
        {"POLICY": f"{PARTS}.ShopPolicy", "CONSUMER": f"{PARTS}.ShopConsumer"},
        {"WEBSOCKET_PATH": "/live/", "STORAGE": "staticfiles"},
        {"SENDFILE_HEADER": "X-Accel-Redirect", "SENDFILE_PREFIX": "/chat-files/"},
        {"SENDS_PER_MINUTE": 1, "SEND_BURST": 1, "SOCKETS_PER_USER": 1},
    ],
)
def test_valid_settings_are_met_with_silence(given: dict[str, Any]) -> None:
    assert found(given) == []


@pytest.mark.parametrize("given", [None, [], "POLICY", ("POLICY", "shop.Policy")])
def test_settings_that_are_no_dictionary(given: Any) -> None:
    assert [message.id for message in found(given)] == ["pairchat.E001"]


def test_settings_that_are_no_dictionary_leave_the_defaults_in_force() -> None:
    with override_settings(PAIRCHAT=["POLICY"]):
        assert conf.send_burst == DEFAULTS["SEND_BURST"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("POLCY", "POLICY"),
        ("policy", "POLICY"),
        ("SOCKETS", "SOCKETS_PER_USER"),
        ("SEND_PER_MINUTE", "SENDS_PER_MINUTE"),
    ],
)
def test_a_misspelt_name_is_an_error_that_says_what_was_meant(name: str, meant: str) -> None:
    (message,) = found({name: 1})
    assert (message.id, message.hint) == ("pairchat.E002", f'Did you mean "{meant}"?')


@pytest.mark.parametrize("name", ["COLOUR", 7])
def test_a_name_that_resembles_none_is_answered_with_all_names(name: Any) -> None:
    (message,) = found({name: 1})
    assert message.id == "pairchat.E002"
    assert all(known in str(message.hint) for known in DEFAULTS)


@pytest.mark.parametrize(
    ("name", "check_id"),
    [("POLICY", "pairchat.E003"), ("CONSUMER", "pairchat.E004")],
)
@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "policy",
        "no_such_module.Policy",
        f"{PARTS}.NoSuchName",
        f"{PARTS}.Neither",
        f"{PARTS}.an_instance",
        f"{PARTS}.__name__",
    ],
)
def test_a_class_that_cannot_serve(name: str, check_id: str, value: Any) -> None:
    (message,) = found({name: value})
    assert message.id == check_id


def test_policy_and_consumer_are_not_taken_for_each_other() -> None:
    given = {"POLICY": f"{PARTS}.ShopConsumer", "CONSUMER": f"{PARTS}.ShopPolicy"}
    assert [message.id for message in found(given)] == ["pairchat.E003", "pairchat.E004"]


@pytest.mark.parametrize("value", ["ws/pairchat/", "/ws/pairchat", "", None, b"/ws/"])
def test_a_websocket_path_without_its_slashes(value: Any) -> None:
    (message,) = found({"WEBSOCKET_PATH": value})
    assert message.id == "pairchat.E005"


@pytest.mark.parametrize("value", ["private", None, 7])
def test_a_storage_that_is_not_there(value: Any) -> None:
    (message,) = found({"STORAGE": value})
    assert message.id == "pairchat.E006"
    assert "default" in str(message.hint)


@pytest.mark.parametrize("value", ["", "X-Accel-Redirekt", True, 7])
def test_a_header_that_no_web_server_understands(value: Any) -> None:
    (message,) = found({"SENDFILE_HEADER": value})
    assert message.id == "pairchat.E008"


@pytest.mark.parametrize("name", ["SENDS_PER_MINUTE", "SEND_BURST", "SOCKETS_PER_USER"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "100", True, None])
def test_a_number_below_one_or_of_another_type(name: str, value: Any) -> None:
    (message,) = found({name: value})
    assert message.id == "pairchat.E007"
    assert str(DEFAULTS[name]) in str(message.hint)


def test_every_setting_has_its_check() -> None:
    wrong = [message for message in found(dict.fromkeys(DEFAULTS, 1.5)) if message.id != "pairchat.E002"]
    assert len(wrong) == len(DEFAULTS)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PAIRCHAT_POLICY", '"POLICY"'),
        ("PAIRCHAT_MESAGE_MODEL", "PAIRCHAT_MESSAGE_MODEL"),
        ("PAIRCHAT_ROOM", "PAIRCHAT_ROOM_MODEL"),
    ],
)
def test_a_setting_that_nobody_reads(name: str, meant: str) -> None:
    with override_settings(**{name: "shop"}):
        (message,) = run_checks(tags=["pairchat"])
    assert message.id == "pairchat.W001"
    assert meant in str(message.hint)


def test_a_setting_of_the_hosts_own_is_its_own_affair() -> None:
    with override_settings(PAIRCHAT_PRICE_OF_A_MESSAGE=5):
        assert run_checks(tags=["pairchat"]) == []
