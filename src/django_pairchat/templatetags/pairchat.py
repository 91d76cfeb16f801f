"""``{% load pairchat %}``: the chat's parts for any template of the host."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from .. import pages, services
from ..base_models import AbstractRoom
from ..catalogue import catalogue
from ..exceptions import NotFound
from ..linkify import pieces

register = template.Library()

ASSETS_DONE = "_pairchat_assets_done"


def request_of(context: template.Context, tag: str) -> HttpRequest:
    """The request that is being answered. Raises ``ImproperlyConfigured`` where a template is rendered without one."""
    request = getattr(context, "request", None) or context.get("request")
    if request is None:
        raise ImproperlyConfigured(
            f"{{% {tag} %}} must know who is looking, and this template was rendered without a request: "
            "use render(request, …) or render_to_string(…, request=request)."
        )
    if not hasattr(request, "user"):
        raise ImproperlyConfigured(
            f"{{% {tag} %}} must know who is looking, and the request has no user: "
            'add "django.contrib.auth.middleware.AuthenticationMiddleware" to MIDDLEWARE.'
        )
    found: HttpRequest = request
    return found


def address_of(request: HttpRequest) -> str:
    """The address of the page that is being shown, to come back to."""
    return request.get_full_path() if request.method in ("GET", "HEAD") else request.path


@register.simple_tag(takes_context=True)
def pairchat_assets(context: template.Context) -> SafeString:
    """The stylesheet, and for people who are signed in the script and its sentences; once per page."""
    request = request_of(context, "pairchat_assets")
    if getattr(request, ASSETS_DONE, False):
        return SafeString("")
    setattr(request, ASSETS_DONE, True)
    sentences = catalogue() if request.user.is_authenticated else None
    return render_to_string(
        "pairchat/partials/assets.html", {"catalogue": sentences, "nonce": _nonce(context, request)}
    )


@register.simple_tag(takes_context=True)
def pairchat_nonce(context: template.Context) -> SafeString:
    """The attribute that lets a script of the chat's own templates run under a content security policy with nonces."""
    nonce = _nonce(context, request_of(context, "pairchat_nonce"))
    return format_html(' nonce="{}"', nonce) if nonce else SafeString("")


def _nonce(context: template.Context, request: HttpRequest) -> str:
    # A nonce that nobody has asked for yet is false and yet there.
    nonce = context.get("csp_nonce", getattr(request, "csp_nonce", None))
    return "" if nonce is None else str(nonce)


@register.simple_tag(takes_context=True)
def pairchat_button(context: template.Context, user: Any, topic: Any = None, label: str = "") -> SafeString:
    """A button that opens the chat with ``user``, about ``topic`` if there is one.

    For a visitor who is not signed in it leads to the login page; for the person himself it is nothing.
    """
    request = request_of(context, "pairchat_button")
    if user is None or user.pk is None or user.pk == request.user.pk:
        return SafeString("")
    signed_in = request.user.is_authenticated
    values = {
        "label": label or pgettext("verb", "Chat"),
        "login_url": "" if signed_in else pages.login_url(address_of(request)),
        "user_key": str(user.pk),
        "topic": services.sign_topic(topic, user) if signed_in and topic is not None else "",
    }
    return render_to_string("pairchat/partials/button.html", values, request=request)


@register.simple_tag(takes_context=True)
def pairchat_unread(context: template.Context) -> SafeString:
    """A badge with the number of chats that wait; nothing for a visitor who is not signed in."""
    request = request_of(context, "pairchat_unread")
    if not request.user.is_authenticated:
        return SafeString("")
    count = pages.unread_rooms(request)
    values = {
        "me": str(request.user.pk),
        "ws": pages.socket_address(),
        "api": pages.api_url(),
        "count": str(count),
        "badge": pages.capped(count),
        "label": pages.unread_label(count),
    }
    return render_to_string("pairchat/partials/unread.html", values)


@register.simple_tag(takes_context=True)
def pairchat_inbox(context: template.Context, limit: Any = pages.INBOX_SIZE) -> SafeString:
    """The newest chats of whoever is looking; nothing for a visitor who is not signed in."""
    request = request_of(context, "pairchat_inbox")
    if not isinstance(limit, int) or limit < 1:
        raise ValueError(f"{{% pairchat_inbox %}} was given limit={limit!r}: how many chats to show is at least 1.")
    if not request.user.is_authenticated:
        return SafeString("")
    found = services.inbox(request.user, limit=limit)
    pages.remember_unread_rooms(request, found.unread_rooms)
    view = pages.inbox_view(request.user, found, limit=limit, next_url=address_of(request))
    return render_to_string("pairchat/embedded_inbox.html", {"inbox": view}, request=request)


@register.simple_tag(takes_context=True)
def pairchat_room(context: template.Context, room: Any) -> SafeString:
    """A chat in the middle of any page: its newest messages and the form to write.

    Nothing for a visitor who is not signed in; raises ``Http404`` for somebody else's room.
    """
    request = request_of(context, "pairchat_room")
    if not request.user.is_authenticated:
        return SafeString("")
    if not isinstance(room, AbstractRoom):
        raise TypeError(
            f"{{% pairchat_room %}} was given {room!r}, which is not a room: pass it the one that open_room() or "
            "get_room() of django_pairchat.services returned, in the context of the template."
        )
    address = address_of(request)
    try:
        page = services.history(request.user, str(room.pk))
    except NotFound as refusal:
        raise Http404 from refusal
    values = {**pages.room_context(request.user, page, next_url=address), "next": address}
    return render_to_string("pairchat/embedded_room.html", values, request=request)


@register.filter
def pairchat_links(text: str) -> SafeString:
    """A text with its links as links, everything else escaped."""
    return format_html_join("", "{}", ((_piece(piece.text, piece.href),) for piece in pieces(text)))


def _piece(text: str, href: str) -> str:
    if not href:
        return conditional_escape(str(text))
    return format_html(
        '<a class="pc-link" href="{}" rel="noopener noreferrer nofollow ugc" target="_blank">{}</a>', href, text
    )


@register.filter
def pairchat_marked(text: str, query: str) -> SafeString:
    """A text with every place marked where ``query`` stands in it."""
    parts = re.split(f"({re.escape(query)})", text, flags=re.IGNORECASE)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if number % 2 else part,) for number, part in enumerate(parts))
    )
