"""Addresses in notifications: absolute ones, and the signed one that unsubscribes without a login."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urljoin

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.crypto import salted_hmac

from ..core.access import database
from ..exceptions import BadId, NotFound
from ..namespace import salt
from ..querysets import parse_key
from .conf import SETTING, conf

SALT: Final = "django_pairchat.notifications.unsubscribe"
THREAD_SALT: Final = "django_pairchat.notifications.thread"


def site_url() -> str:
    """Return the scheme and host of the site. Raises ``ImproperlyConfigured`` if nothing says them."""
    if conf.site_url:
        return conf.site_url
    if apps.is_installed("django.contrib.sites"):
        from django.contrib.sites.models import Site

        return f"https://{Site.objects.get_current().domain}"
    raise ImproperlyConfigured(f'Notifications need the address of the site: {SETTING} = {{"SITE_URL": "https://…"}}.')


def absolute(url: str) -> str:
    """Return the URL with scheme and host, as a mail needs it."""
    return urljoin(f"{site_url()}/", url)


def room_url(key: str) -> str:
    return absolute(reverse("pairchat:room", args=[key]))


def settings_url() -> str:
    return absolute(reverse("pairchat_notifications:settings"))


def unsubscribe_url(user: Any, channel: str) -> str:
    token = Signer(salt=salt(SALT)).sign_object([str(user.pk), channel])
    return absolute(reverse("pairchat_notifications:unsubscribe", args=[token]))


def read_unsubscribe_token(token: str) -> tuple[Any, str]:
    """Return the user and the channel of a signed address. Raises ``NotFound`` for any other, and without the user."""
    try:
        key, channel = Signer(salt=salt(SALT)).unsign_object(token)
        pk = parse_key(get_user_model(), key, "user")
    except (BadSignature, BadId, ValueError, TypeError):
        raise NotFound from None
    user = get_user_model()._default_manager.using(database()).filter(pk=pk).first()
    if user is None:
        raise NotFound
    return user, str(channel)


def opaque_name(*parts: Any) -> str:
    """Return a name that is the same for the same parts and reveals none of them."""
    text = "\0".join(map(str, parts))
    return salted_hmac(THREAD_SALT, text, algorithm="sha256").hexdigest()[:32]
