"""``PAIRCHAT``: its names and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.files.storage import storages
from django.utils.module_loading import import_string

from ..authentication.registry import make_authentication
from ..conf import ATTENTION, DEFAULT_RATES, DEFAULTS, MODEL_SETTINGS
from ..consumers import ChatConsumer
from ..forms import REPLACEABLE
from ..policy import Policy
from ..tenancy import Tenancy
from .common import is_subclass

SENDFILE_HEADERS: Final = ("X-Accel-Redirect", "X-Sendfile")


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, "PAIRCHAT", {})
    if not isinstance(given, Mapping):
        hint = 'For example: PAIRCHAT = {"POLICY": "shop.chat.Policy"}'
        return [
            checks.Error("PAIRCHAT must be a dictionary.", hint=hint, id="pairchat.E001"),
            *_unread_settings(),
        ]
    unknown = [_unknown_name(str(name)) for name in given if name not in DEFAULTS]
    known = [name for name in DEFAULTS if name in given]
    mistyped = [mistake for name in known for mistake in VALUE_CHECKS[name](name, given[name])]
    return [*unknown, *mistyped, *_unread_settings()]


def _unknown_name(name: str) -> checks.Error:
    close = get_close_matches(name.upper(), DEFAULTS, n=1)
    hint = f'Did you mean "{close[0]}"?' if close else f"The names are {', '.join(DEFAULTS)}."
    return checks.Error(f'PAIRCHAT["{name}"] is not a setting.', hint=hint, id="pairchat.E002")


def _unread_settings() -> Iterator[CheckMessage]:
    """Report names such as ``PAIRCHAT_POLICY`` instead of ``PAIRCHAT["POLICY"]``, or a misspelt model setting."""
    meant = {f"PAIRCHAT_{name}": f'PAIRCHAT = {{"{name}": …}}' for name in DEFAULTS}
    meant |= {name: f"{name} = …" for name in MODEL_SETTINGS}
    for name in dir(settings):
        if not name.startswith("PAIRCHAT_") or name in MODEL_SETTINGS:
            continue
        for close in get_close_matches(name, meant, n=1, cutoff=0.8):
            yield checks.Warning(
                f"The setting {name} is not read.", hint=f"Did you mean {meant[close]}?", id="pairchat.W001"
            )


def _subclass_of(base: type, check_id: str) -> Callable[[str, Any], Iterator[CheckMessage]]:
    def check(name: str, value: Any) -> Iterator[CheckMessage]:
        wrong = _wrong_class(value, base)
        if wrong:
            yield checks.Error(
                f'PAIRCHAT["{name}"] {wrong}.',
                hint=f"Give the dotted path of a subclass of {base.__module__}.{base.__name__}.",
                id=check_id,
            )

    return check


def _wrong_class(value: Any, base: type) -> str:
    if not isinstance(value, str):
        return f"is {value!r}, not a dotted path in quotes"
    try:
        found = import_string(value)
    except ImportError as error:
        return f"cannot be imported: {error}"
    return "" if is_subclass(found, base) else f"leads to {value}, which is not a subclass of {base.__name__}"


def _check_path(name: str, value: Any) -> Iterator[CheckMessage]:
    if not (isinstance(value, str) and value.startswith("/") and value.endswith("/")):
        hint = f'For example: PAIRCHAT = {{"{name}": "{DEFAULTS[name]}"}}'
        yield checks.Error(f'PAIRCHAT["{name}"] must start and end with a slash.', hint=hint, id="pairchat.E005")


def _check_storage(name: str, value: Any) -> Iterator[CheckMessage]:
    if value not in storages.backends:
        hint = f"The aliases are {', '.join(storages.backends)}."
        yield checks.Error(f'PAIRCHAT["{name}"] is {value!r}, which is not in STORAGES.', hint=hint, id="pairchat.E006")


def _check_number(name: str, value: Any) -> Iterator[CheckMessage]:
    if _is_no_number(value):
        yield checks.Error(
            f'PAIRCHAT["{name}"] is {value!r}, not a whole number of 1 or more.',
            hint=f"Leave it out for the default, {DEFAULTS[name]}.",
            id="pairchat.E007",
        )


def _check_optional_number(name: str, value: Any) -> Iterator[CheckMessage]:
    if value is not None:
        yield from _check_number(name, value)


def _check_rates(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, Mapping):
        hint = f'For example: PAIRCHAT = {{"{name}": {{"search": (60, 10)}}}}'
        yield checks.Error(f'PAIRCHAT["{name}"] must be a dictionary.', hint=hint, id="pairchat.E009")
        return
    for kind, rate in value.items():
        if kind not in DEFAULT_RATES:
            yield checks.Error(
                f'PAIRCHAT["{name}"]["{kind}"] is not a kind of thing that has a limit.',
                hint=f"The kinds are {', '.join(DEFAULT_RATES)}. "
                "For messages there are SENDS_PER_MINUTE and SEND_BURST.",
                id="pairchat.E009",
            )
        elif rate is not None and not _is_rate(rate):
            yield checks.Error(
                f'PAIRCHAT["{name}"]["{kind}"] is {rate!r}, not two whole numbers of 1 or more.',
                hint="The first is how many in a minute, the second how many of them at once; None is without limit. "
                f"Leave it out for the default, {DEFAULT_RATES[kind]}.",
                id="pairchat.E009",
            )


def _is_rate(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and not any(_is_no_number(each) for each in value)


def _is_no_number(value: Any) -> bool:
    return not isinstance(value, int) or isinstance(value, bool) or value < 1


def _check_header(name: str, value: Any) -> Iterator[CheckMessage]:
    if value is not None and value not in SENDFILE_HEADERS:
        yield checks.Error(
            f'PAIRCHAT["{name}"] is {value!r}, not the name of a header that a web server understands.',
            hint=f"One of {', '.join(SENDFILE_HEADERS)}, or leave it out: then Django sends the files.",
            id="pairchat.E008",
        )


def _check_policy(name: str, value: Any) -> Iterator[CheckMessage]:
    wrong = list(_subclass_of(Policy, "pairchat.E003")(name, value))
    yield from wrong
    if not wrong:
        try:
            import_string(value)()
        except Exception as error:  # noqa: BLE001 - it is the host's, and may raise anything
            hint = "The class is called without arguments, when the policy is first used."
            yield checks.Error(f'PAIRCHAT["{name}"] cannot be created: {error!r}.', hint=hint, id="pairchat.E025")


def _check_authentication(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, list | tuple) or not value:
        hint = f'For example: PAIRCHAT = {{"{name}": {DEFAULTS[name]}}}'
        yield checks.Error(f'PAIRCHAT["{name}"] must be a list of dotted paths.', hint=hint, id="pairchat.E027")
        return
    for path in value:
        try:
            make_authentication(path)
        except Exception as error:  # noqa: BLE001 - it is the host's, and may raise anything
            hint = "Name subclasses of django_pairchat.authentication.Authentication, or classes of REST framework."
            yield checks.Error(f'PAIRCHAT["{name}"]: {path!r} cannot be used: {error}', hint=hint, id="pairchat.E027")


def _check_namespace(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, str):
        hint = f'For example: PAIRCHAT = {{"{name}": "staging"}}'
        yield checks.Error(f'PAIRCHAT["{name}"] is {value!r}, not a text.', hint=hint, id="pairchat.E018")


def _check_tenancy(name: str, value: Any) -> Iterator[CheckMessage]:
    if value is not None:
        yield from _subclass_of(Tenancy, "pairchat.E031")(name, value)


def _check_flag(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, bool):
        hint = f"Leave it out for the default, {DEFAULTS[name]}."
        yield checks.Error(f'PAIRCHAT["{name}"] is {value!r}, not True or False.', hint=hint, id="pairchat.E028")


def _check_form_classes(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, Mapping):
        hint = f'For example: PAIRCHAT = {{"{name}": {{"report": "shop.forms.ReportForm"}}}}'
        yield checks.Error(f'PAIRCHAT["{name}"] must be a dictionary.', hint=hint, id="pairchat.E019")
        return
    for kind, path in value.items():
        if kind in REPLACEABLE:
            yield from _subclass_of(REPLACEABLE[kind], "pairchat.E019")(f'{name}"]["{kind}', path)
        else:
            hint = f"The forms are {', '.join(REPLACEABLE)}."
            yield checks.Error(f'PAIRCHAT["{name}"]["{kind}"] is not a form.', hint=hint, id="pairchat.E019")


def _check_attention(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        hint = f'For example: PAIRCHAT = {{"{name}": ["title", "sound"]}}'
        yield checks.Error(f'PAIRCHAT["{name}"] must be a list of names.', hint=hint, id="pairchat.E026")
        return
    for each in value:
        if each not in ATTENTION:
            hint = f"The names are {', '.join(ATTENTION)}. An empty list switches all of it off."
            yield checks.Error(f'PAIRCHAT["{name}"] has no "{each}".', hint=hint, id="pairchat.E026")


VALUE_CHECKS: Final[dict[str, Callable[[str, Any], Iterator[CheckMessage]]]] = {
    "POLICY": _check_policy,
    "AUTHENTICATION": _check_authentication,
    "CONSUMER": _subclass_of(ChatConsumer, "pairchat.E004"),
    "WEBSOCKET_PATH": _check_path,
    "STORAGE": _check_storage,
    "SENDFILE_HEADER": _check_header,
    "SENDFILE_PREFIX": _check_path,
    "REDIRECT_FILES": _check_flag,
    "SENDS_PER_MINUTE": _check_number,
    "SEND_BURST": _check_number,
    "RATES": _check_rates,
    "NEW_ROOMS_PER_DAY": _check_optional_number,
    "UPLOAD_BYTES_PER_DAY": _check_optional_number,
    "SOCKETS_PER_USER": _check_number,
    "NAMESPACE": _check_namespace,
    "TENANCY": _check_tenancy,
    "FORM_CLASSES": _check_form_classes,
    "SERVE_SCHEMA": _check_flag,
    "ATTENTION": _check_attention,
}
