"""``PAIRCHAT``: its names, and the type of each value."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from django_pairchat.conf import DEFAULT_RATES, DEFAULTS, conf

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
        {"RATES": {"search": (1, 1), "open": [60, 30], "upload_bytes": None}},
        {"RATES": DEFAULT_RATES},
        {"NAMESPACE": "staging"},
        {"FORM_CLASSES": {"report": f"{PARTS}.ShopReportForm"}},
        {"ATTENTION": ["title", "drawn_icon"]},
        {"ATTENTION": ()},
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


def test_a_policy_that_cannot_be_made() -> None:
    (message,) = found({"POLICY": f"{PARTS}.UnmadePolicy"})
    assert message.id == "pairchat.E025"
    assert "SHOP_ID" in message.msg


@pytest.mark.parametrize("value", [None, 7, b"staging", ["staging"]])
def test_a_namespace_that_is_no_text(value: Any) -> None:
    (message,) = found({"NAMESPACE": value})
    assert message.id == "pairchat.E018"


@pytest.mark.parametrize(
    "value",
    [
        None,
        f"{PARTS}.ShopReportForm",
        {"reports": f"{PARTS}.ShopReportForm"},
        {"message": f"{PARTS}.ShopReportForm"},
        {"report": f"{PARTS}.ShopPolicy"},
        {"report": f"{PARTS}.NoSuchName"},
        {"report": None},
    ],
)
def test_a_form_that_cannot_serve(value: Any) -> None:
    (message,) = found({"FORM_CLASSES": value})
    assert message.id == "pairchat.E019"


def test_a_form_of_the_wrong_kind_is_answered_with_the_class_to_inherit_from() -> None:
    (message,) = found({"FORM_CLASSES": {"message": f"{PARTS}.ShopReportForm"}})
    assert 'PAIRCHAT["FORM_CLASSES"]["message"]' in message.msg
    assert "django_pairchat.forms.MessageForm" in str(message.hint)


@pytest.mark.parametrize("value", ["title", None, True, {"title": True}, [1], ["titel"], ["title", "ICON"]])
def test_a_means_of_attention_that_does_not_exist(value: Any) -> None:
    (message,) = found({"ATTENTION": value})
    assert message.id == "pairchat.E026"


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


@pytest.mark.parametrize("value", [None, [], "search", 60])
def test_limits_that_are_no_dictionary(value: Any) -> None:
    (message,) = found({"RATES": value})
    assert (message.id, message.msg) == ("pairchat.E009", 'PAIRCHAT["RATES"] must be a dictionary.')


@pytest.mark.parametrize("kind", ["serach", "send", "edit", 7])
def test_a_limit_of_something_that_has_none_is_answered_with_all_kinds(kind: Any) -> None:
    (message,) = found({"RATES": {kind: (1, 1)}})
    assert message.id == "pairchat.E009"
    assert all(known in str(message.hint) for known in (*DEFAULT_RATES, "SENDS_PER_MINUTE"))


@pytest.mark.parametrize(
    "rate", [60, (60,), (60, 10, 1), (0, 10), (60, 0), (60, -1), (60, 1.5), (60, True), ("60", "10"), "60", False]
)
def test_a_limit_that_is_not_two_whole_numbers(rate: Any) -> None:
    (message,) = found({"RATES": {"search": rate}})
    assert message.id == "pairchat.E009"
    assert str(DEFAULT_RATES["search"]) in str(message.hint)


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


@pytest.mark.parametrize("name", ["REDIRECT_FILES", "SERVE_SCHEMA"])
@pytest.mark.parametrize("value", ["yes", 1, None])
def test_a_switch_that_is_neither_on_nor_off(name: str, value: Any) -> None:
    assert "pairchat.E028" in [message.id for message in found({name: value})]


def test_a_storage_that_signs_no_addresses_cannot_be_redirected_to() -> None:
    assert [message.id for message in found({"REDIRECT_FILES": True})] == ["pairchat.E029"]
    own = {"REDIRECT_FILES": True, "POLICY": f"{PARTS}.ShopPolicyWithFiles"}
    assert found(own) == []
