"""System checks of the notifications.

===========================  =================================================================================
pairchat_notifications.E001  ``PAIRCHAT_NOTIFICATIONS`` is not a dictionary, or has a name that does not exist
pairchat_notifications.E002  a value of it is of the wrong kind
pairchat_notifications.E003  ``NOTIFIERS`` does not lead to subclasses of ``Notifier`` with different channels
pairchat_notifications.E004  nothing says the address of the site
pairchat_notifications.E005  there is a VAPID key, but the packages of the extra ``webpush`` are missing
pairchat_notifications.E006  ``VAPID_PRIVATE_KEY`` is no key
pairchat_notifications.E007  ``VAPID_SUBJECT`` is no address at which anybody can be reached
pairchat_notifications.W001  the URLs are not included anywhere
pairchat_notifications.W002  the connection to the mail server has no timeout
pairchat_notifications.W003  of the VAPID key and the notifier of push messages there is only one
pairchat_notifications.W004  deployment: mails come from the address that a new project has
pairchat_notifications.W005  deployment: the links in mails lead to the reader's own machine
===========================  =================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .conf import DEFAULTS, SETTING, conf
from .mail import MailNotifier
from .notifiers import Notifier
from .push import PushNotifier
from .vapid import has_extra, is_key, is_real_subject

TAG: Final = "pairchat_notifications"
ID: Final = "pairchat_notifications"
NUMBERS: Final = ("DELAY_SECONDS", "REPEAT_SECONDS", "PUSH_DELAY_SECONDS", "PUSH_REPEAT_SECONDS")
LISTS: Final = ("NOTIFIERS", "ON_BY_DEFAULT", "PUSH_HOSTS")
TEXTS: Final = ("VAPID_PRIVATE_KEY", "VAPID_SUBJECT")
PUSH_HOST: Final = re.compile(r"(https?://)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?")
REPLY_ADDRESS: Final = re.compile(r"(?=[^@]{7,16}@)[^@\s{}<>]*\{token\}[^@\s{}<>]*@[^@\s{}<>]+")
UNSET_SENDER: Final = "webmaster@localhost"
LOOPBACK: Final = re.compile(r"(.+\.)?localhost|127(\.[0-9]+){3}|::1")
SMTP_BACKEND: Final = "django.core.mail.backends.smtp.EmailBackend"


def register() -> None:
    for check in (check_settings, check_site_url, check_urls, check_mail_timeout, check_push):
        checks.register(check, TAG)
    checks.register(check_deployment, TAG, deploy=True)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping):
        hint = f'For example: {SETTING} = {{"SITE_URL": "https://example.com"}}'
        return [checks.Error(f"{SETTING} must be a dictionary.", hint=hint, id=f"{ID}.E001")]
    return [*_unknown_names(given), *_wrong_values(given)] or list(_wrong_notifiers(given))


def _unknown_names(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name in given:
        if name not in DEFAULTS:
            close = get_close_matches(str(name).upper(), DEFAULTS, n=1)
            hint = f'Did you mean "{close[0]}"?' if close else f"The names are {', '.join(DEFAULTS)}."
            yield checks.Error(f'{SETTING}["{name}"] is not a setting.', hint=hint, id=f"{ID}.E001")


def _wrong_values(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name, value in given.items():
        if name in NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            wanted = "a number of seconds, 0 or more"
        elif name in LISTS and not (isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)):
            wanted = "a list of texts"
        elif name == "PUSH_HOSTS" and not all(PUSH_HOST.fullmatch(each) for each in value):
            wanted = 'a list of hosts such as "push.apple.com" or origins such as "https://push.example.com:8443"'
        elif name in TEXTS and not isinstance(value, str):
            wanted = "a text"
        elif name == "SITE_URL" and not (
            isinstance(value, str) and (not value or value.startswith(("http://", "https://")))
        ):
            wanted = 'an address such as "https://example.com"'
        elif name == "REPLY_ADDRESS" and not (isinstance(value, str) and (not value or REPLY_ADDRESS.fullmatch(value))):
            wanted = 'an address such as "reply+{token}@example.com", with at most 9 more characters before the @'
        else:
            continue
        hint = f"Leave it out for the default, {DEFAULTS[name]!r}."
        yield checks.Error(f'{SETTING}["{name}"] is {value!r}, not {wanted}.', hint=hint, id=f"{ID}.E002")


def _wrong_notifiers(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    channels: set[str] = set()
    for path in given.get("NOTIFIERS", DEFAULTS["NOTIFIERS"]):
        problem = _problem_of(path, channels)
        if problem:
            hint = f"Give the dotted path of a subclass of {Notifier.__module__}.Notifier with a channel of its own."
            yield checks.Error(f'{SETTING}["NOTIFIERS"]: {path} {problem}.', hint=hint, id=f"{ID}.E003")


def _problem_of(path: str, channels: set[str]) -> str:
    try:
        found = import_string(path)
    except ImportError as error:
        return f"cannot be imported: {error}"
    if not (isinstance(found, type) and issubclass(found, Notifier)):
        return "is not a subclass of Notifier"
    channel = getattr(found, "channel", "")
    if not channel or channel in channels:
        return "has no channel of its own"
    channels.add(channel)
    return ""


def check_site_url(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, SETTING, {})
    if apps.is_installed("django.contrib.sites") or (isinstance(given, Mapping) and given.get("SITE_URL")):
        return []
    return [
        checks.Error(
            "Notifications cannot contain links: nothing says the address of the site.",
            hint=f'{SETTING} = {{"SITE_URL": "https://example.com"}}',
            id=f"{ID}.E004",
        )
    ]


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping) or not any(_leads_to(path, MailNotifier) for path in conf.notifiers):
        return []
    return [*_unset_sender(), *_address_of_ones_own(str(given.get("SITE_URL", "")))]


def _unset_sender() -> Iterator[CheckMessage]:
    if parseaddr(conf.mail_from)[1] == UNSET_SENDER:
        hint = f'DEFAULT_FROM_EMAIL = "Shop <chat@example.com>", or {SETTING}["MAIL_FROM"]'
        problem = f"Mails would come from {UNSET_SENDER}, and mail servers refuse that."
        yield checks.Warning(problem, hint=hint, id=f"{ID}.W004")


def _address_of_ones_own(url: str) -> Iterator[CheckMessage]:
    host = urlsplit(url).hostname or ""
    if LOOPBACK.fullmatch(host):
        problem = f"The links in mails would lead to {host}, the reader's own machine."
        hint = f'{SETTING} = {{"SITE_URL": "https://example.com"}}'
        yield checks.Warning(problem, hint=hint, id=f"{ID}.W005")


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("pairchat_notifications:settings")
    except NoReverseMatch:
        hint = 'path("chat/notifications/", include("django_pairchat.notifications.urls")),'
        return [checks.Warning("The URLs of the notifications are not included.", hint=hint, id=f"{ID}.W001")]
    return []


def check_push(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping):
        return []
    key, subject = given.get("VAPID_PRIVATE_KEY", ""), given.get("VAPID_SUBJECT", "")
    if not isinstance(key, str) or not isinstance(subject, str):
        return []
    return [*_half_a_push(given, key), *(_wrong_vapid(key, subject) if key else ())]


def _half_a_push(given: Mapping[str, Any], key: str) -> Iterator[CheckMessage]:
    named = given.get("NOTIFIERS")
    if not isinstance(named, list | tuple):
        return
    has_notifier = any(_leads_to(path, PushNotifier) for path in named)
    if has_notifier and not key:
        hint = "Make a key with: python manage.py pairchat_vapid_key"
        yield checks.Warning("No push messages are sent: there is no VAPID_PRIVATE_KEY.", hint=hint, id=f"{ID}.W003")
    elif key and not has_notifier:
        hint = f'Add "{PushNotifier.__module__}.PushNotifier" to {SETTING}["NOTIFIERS"].'
        yield checks.Warning("No push messages are sent: no notifier sends them.", hint=hint, id=f"{ID}.W003")


def _leads_to(path: Any, notifier: type[Notifier]) -> bool:
    try:
        found = import_string(path)
    except (ImportError, AttributeError):
        return False
    return isinstance(found, type) and issubclass(found, notifier)


def _wrong_vapid(key: str, subject: str) -> Iterator[CheckMessage]:
    if not is_real_subject(subject):
        hint = (
            'Set it to your own address, such as "mailto:admin@your-domain", or to an "https:" page about your site. '
            "Apple refuses every message without one."
        )
        problem = f'{SETTING}["VAPID_SUBJECT"] is {subject!r}, at which nobody can be reached.'
        yield checks.Error(problem, hint=hint, id=f"{ID}.E007")
    if not has_extra():
        hint = 'pip install "django-pairchat[webpush]"'
        yield checks.Error("Push messages need pywebpush, which is not installed.", hint=hint, id=f"{ID}.E005")
    elif not is_key(key):
        hint = "Make a new one with: python manage.py pairchat_vapid_key"
        yield checks.Error(f'{SETTING}["VAPID_PRIVATE_KEY"] is not a key.', hint=hint, id=f"{ID}.E006")


def check_mail_timeout(**kwargs: Any) -> list[CheckMessage]:
    mailers = getattr(settings, "MAILERS", None)
    if mailers:
        mailer = mailers.get("default", {})
        backend, timeout = mailer.get("BACKEND"), mailer.get("OPTIONS", {}).get("timeout")
        hint = 'MAILERS = {"default": {…, "OPTIONS": {…, "timeout": 30}}}'
    else:
        backend, timeout = settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT
        hint = "EMAIL_TIMEOUT = 30"
    if backend != SMTP_BACKEND or timeout:
        return []
    return [
        checks.Warning(
            "A mail server that does not answer would hold up all notifications.", hint=hint, id=f"{ID}.W002"
        )
    ]
