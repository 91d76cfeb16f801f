"""``{% load pairchat %}``: parts of the chat for any template of the host."""

from __future__ import annotations

import html
import re
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from .. import services
from ..base_models import AbstractRoom
from ..conf import conf
from ..core.search_pattern import occurrences
from ..exceptions import NotFound
from ..web import presenters
from ..web.extra_assets import extra_assets
from ..web.javascript_catalog import javascript_catalog
from ..web.linkify import pieces
from ..web.surroundings import in_reader_time_zone, site_name

register = template.Library()

ASSETS_DONE = "_pairchat_assets_done"
BADGES = "_pairchat_badges"
DOCK_DONE = "_pairchat_dock_done"
ICON_NAME = re.compile(r"[a-z]+")
ATTRIBUTE = re.compile(r"id|title|(?:data|aria)_[a-z0-9_]+")
SWAP_HEADERS = (
    "HX-Request",
    # htmx 4 sends this one alone.
    "HX-History-Restore-Request",
    "Turbo-Frame",
    "X-Alpine-Request",
    "X-Barba",
    "X-PJAX",
    "X-Up-Version",
)
"""Headers of requests whose answer is put into a page that is there already, and whose head is often dropped."""


def request_of(context: template.Context, tag: str) -> HttpRequest:
    """Return the current request. Raises ``ImproperlyConfigured`` for a template that is rendered without one."""
    request = getattr(context, "request", None) or context.get("request")
    if request is None:
        raise ImproperlyConfigured(
            f"{{% {tag} %}} needs the current user, but this template was rendered without a request: "
            "use render(request, …) or render_to_string(…, request=request)."
        )
    if not hasattr(request, "user"):
        raise ImproperlyConfigured(
            f"{{% {tag} %}} needs the current user, but the request has no user: "
            'add "django.contrib.auth.middleware.AuthenticationMiddleware" to MIDDLEWARE.'
        )
    current: HttpRequest = request
    return current


def current_url(request: HttpRequest) -> str:
    """Return the path of the current page, as the target of a redirect back to it."""
    return request.get_full_path() if request.method in ("GET", "HEAD") else request.path


@register.simple_tag(takes_context=True)
def pairchat_assets(context: template.Context) -> SafeString:
    """Render the stylesheet and, for a signed-in user, the script and its texts. Only once per page.

    Twice in answers to htmx, Turbo Frames and the like: the first time may be in a head that is dropped.
    """
    request = request_of(context, "pairchat_assets")
    done = getattr(request, ASSETS_DONE, 0)
    if done > _is_swapped(request):
        return SafeString("")
    setattr(request, ASSETS_DONE, done + 1)
    nonce = _nonce(context, request)
    signed_in = request.user.is_authenticated
    values = {
        "attention": conf.attention,
        "catalogue": javascript_catalog() if signed_in else None,
        "extra_assets": extra_assets(request, nonce) if signed_in else (),
        "nonce": nonce,
    }
    return render_to_string("pairchat/partials/assets.html", values)


def _is_swapped(request: HttpRequest) -> bool:
    return any(name in request.headers for name in SWAP_HEADERS)


@register.simple_tag(takes_context=True)
def pairchat_nonce(context: template.Context) -> SafeString:
    """Render the ``nonce`` attribute that a script needs under a content security policy with nonces."""
    nonce = _nonce(context, request_of(context, "pairchat_nonce"))
    return format_html(' nonce="{}"', nonce) if nonce else SafeString("")


def _nonce(context: template.Context, request: HttpRequest) -> str:
    # A lazy nonce that was not used yet is false but not None.
    nonce = context.get("csp_nonce", getattr(request, "csp_nonce", None))
    return "" if nonce is None else str(nonce)


@register.simple_tag(takes_context=True)
def pairchat_button(
    context: template.Context, user: Any, topic: Any = None, label: str = "", icon: str = "", **attributes: Any
) -> SafeString:
    """Render a button that opens the chat with ``user``, about ``topic`` if there is one.

    It leads a visitor who is not signed in to the login page, and from there to the chat. Renders nothing for the
    current user's own content. ``icon`` is the name of an icon of the chat, or markup. With ``open="dock"`` the chat
    opens in the dock, where the page has one. ``class`` replaces the button's classes, and further attributes are
    ``id``, ``title``, ``data_…`` and ``aria_…``, with ``-`` for each ``_``. How fast ``user`` usually answers stands
    beside it, if the policy shows that.
    """
    request = request_of(context, "pairchat_button")
    opens_in = attributes.pop("open", "")
    if opens_in not in ("", "dock"):
        raise TypeError(f'{{% pairchat_button %}} was given open={opens_in!r}: it is "dock", or left out.')
    classes = attributes.pop("class", "")
    shown = _attributes(attributes)
    if user is None or user.pk is None or user.pk == request.user.pk:
        return SafeString("")
    signed_in = request.user.is_authenticated
    token = "" if topic is None else services.sign_topic(topic, user)
    values = {
        "label": label or pgettext("verb", "Chat"),
        "icon": icon if ICON_NAME.fullmatch(icon) else "",
        # Escaped, unless it is safe.
        "icon_markup": "" if ICON_NAME.fullmatch(icon) else icon,
        "classes": classes or "pc-button pc-button-primary",
        "attributes": shown,
        "login_url": "" if signed_in else _login_url(user, token),
        "me": str(request.user.pk),
        "user_key": str(user.pk),
        "opens_in": opens_in,
        "topic": token,
        "response_words": presenters.response_words(user),
    }
    button = render_to_string("pairchat/partials/button.html", values, request=request)
    return format_html("{}{}", pairchat_assets(context), button)


def _login_url(user: Any, topic: str) -> str:
    """Return the address of the login page that leads on to the chat."""
    return presenters.login_url(f"{reverse('pairchat:open')}?{urlencode({'user': user.pk, 'topic': topic})}")


def _attributes(given: dict[str, Any]) -> SafeString:
    """Return HTML attributes with a space before each. ``True`` is one without a value, ``None`` and ``False`` none."""
    unknown = [name for name in given if not ATTRIBUTE.fullmatch(name)]
    if unknown:
        raise TypeError(
            f"{{% pairchat_button %}} was given {', '.join(unknown)}: it takes user, topic, label, icon, open, class, "
            'id, title, and names that begin with data_ or aria_, for example data_place="list".'
        )
    shown = [
        (name.replace("_", "-"), value) for name, value in given.items() if value is not None and value is not False
    ]
    return format_html_join(
        "",
        "{}",
        (
            (format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value),)
            for name, value in shown
        ),
    )


@register.simple_tag(takes_context=True)
def pairchat_unread(context: template.Context) -> SafeString:
    """Render a badge with the number of unread chats. Renders nothing for a visitor who is not signed in."""
    request = request_of(context, "pairchat_unread")
    if not request.user.is_authenticated:
        return SafeString("")
    count = presenters.unread_rooms(request)
    badges = getattr(request, BADGES, 0) + 1
    setattr(request, BADGES, badges)
    values = {
        "id": f"pc-unread-{badges}",
        "me": str(request.user.pk),
        "ws": presenters.socket_path(),
        "api": presenters.api_url(),
        "count": str(count),
        "badge": presenters.badge_text(count),
        "label": presenters.unread_label(count),
    }
    badge = render_to_string("pairchat/partials/unread.html", values)
    return format_html("{}{}", pairchat_attention(context), badge)


@register.simple_tag(takes_context=True)
def pairchat_topic_chats(context: template.Context, topic: Any, label: str = "", **attributes: Any) -> SafeString:
    """Render a link to the current user's chats about an object: for a seller, those of all who ask about one thing.

    It renders nothing without such a chat outside the archive. The attributes are those of ``pairchat_button``.
    """
    request = request_of(context, "pairchat_topic_chats")
    classes = attributes.pop("class", "")
    shown = _attributes(attributes)
    # Django gives an empty text for a variable that there is not.
    if getattr(topic, "pk", None) is None or not request.user.is_authenticated:
        return SafeString("")
    rooms = services.inbox(request.user, about=topic, limit=1).rooms
    if not rooms:
        return SafeString("")
    url = presenters.chats_about_url(str(rooms[0].pk))
    return format_html('<a class="{}" href="{}"{}>{}</a>', classes, url, shown, label or gettext("Chats about this"))


@register.simple_tag(takes_context=True)
def pairchat_dock(context: template.Context) -> SafeString:
    """Render a button in the corner of the window, with the number of unread chats, that opens the chats over the page.

    Renders nothing for a visitor who is not signed in, on the chat's own pages, and a second time on one page.
    """
    request = request_of(context, "pairchat_dock")
    is_there = getattr(request, DOCK_DONE, False) or "pairchat" in getattr(request.resolver_match, "app_names", ())
    if is_there or not request.user.is_authenticated:
        return SafeString("")
    setattr(request, DOCK_DONE, True)
    assets = pairchat_assets(context)
    values = {
        "me": str(request.user.pk),
        "ws": presenters.socket_path(),
        "api": presenters.api_url(),
        "badge": pairchat_unread(context),
        "nonce": _nonce(context, request),
    }
    dock = render_to_string("pairchat/partials/dock.html", values)
    return format_html("{}{}", assets, dock)


@register.simple_tag(takes_context=True)
def pairchat_attention(context: template.Context) -> SafeString:
    """Render what draws attention to new messages while the page is open, by the means of ``PAIRCHAT["ATTENTION"]``.

    The badge and the list bring it. Renders nothing for a visitor who is not signed in.
    """
    request = request_of(context, "pairchat_attention")
    if not request.user.is_authenticated:
        return SafeString("")
    if not conf.attention:
        return pairchat_assets(context)
    values = {
        "me": str(request.user.pk),
        "ws": presenters.socket_path(),
        "api": presenters.api_url(),
        "count": str(presenters.unread_rooms(request)),
        "means": " ".join(conf.attention),
    }
    attention = render_to_string("pairchat/partials/attention.html", values)
    return format_html("{}{}", pairchat_assets(context), attention)


@register.simple_tag(takes_context=True)
def pairchat_alerts(context: template.Context) -> SafeString:
    """Render a menu with a person's switches for sound and desktop notifications on this device.

    Renders nothing for a visitor who is not signed in, and if the site has neither. A script shows it.
    """
    request = request_of(context, "pairchat_alerts")
    means = {name: name in conf.attention for name in ("sound", "notification")}
    if not request.user.is_authenticated or not any(means.values()):
        return SafeString("")
    alerts = render_to_string("pairchat/partials/alerts.html", {"me": str(request.user.pk), **means})
    return format_html("{}{}", pairchat_assets(context), alerts)


@register.simple_tag(takes_context=True)
def pairchat_home(context: template.Context) -> SafeString:
    """Render a link to the site, with its name. The chat's own pages have it where the host gives them no frame."""
    request = context.get("request")
    if request is None:
        return SafeString("")
    return format_html('<a class="pc-home" href="{}">{}</a>', get_script_prefix(), site_name(request))


@register.simple_tag(takes_context=True)
def pairchat_inbox(context: template.Context, limit: Any = presenters.INBOX_SIZE) -> SafeString:
    """Render the current user's newest chats, at most ``limit``. Renders nothing for a visitor who is not signed in.

    Raises ``ValueError`` if ``limit`` is not an ``int`` of 1 or more.
    """
    request = request_of(context, "pairchat_inbox")
    if not isinstance(limit, int) or limit < 1:
        raise ValueError(f"{{% pairchat_inbox %}} was given limit={limit!r}: how many chats to show is at least 1.")
    if not request.user.is_authenticated:
        return SafeString("")
    page = services.inbox(request.user, limit=limit)
    presenters.remember_unread_rooms(request, page.unread_rooms)
    presenter = presenters.present_inbox(request.user, page, limit=limit, next_url=current_url(request))
    with in_reader_time_zone(request):
        return render_to_string("pairchat/embedded_inbox.html", {"inbox": presenter}, request=request)


@register.simple_tag(takes_context=True)
def pairchat_room(context: template.Context, room: Any) -> SafeString:
    """Render a chat within any page: its newest messages and the form to write.

    Renders nothing for a visitor who is not signed in. Raises ``Http404`` for a room that is not the current user's,
    and ``TypeError`` if ``room`` is not a room.
    """
    request = request_of(context, "pairchat_room")
    if not request.user.is_authenticated:
        return SafeString("")
    if not isinstance(room, AbstractRoom):
        raise TypeError(
            f"{{% pairchat_room %}} was given {room!r}, which is not a room: pass it the one that open_room() or "
            "get_room() of django_pairchat.services returned, in the context of the template."
        )
    url = current_url(request)
    try:
        page = services.history(request.user, room)
    except NotFound as error:
        raise Http404 from error
    with in_reader_time_zone(request):
        values = {**presenters.room_context(request.user, page, next_url=url), "next": url}
        return render_to_string("pairchat/embedded_room.html", values, request=request)


@register.filter
def pairchat_links(text: str) -> SafeString:
    """Return the text as HTML, with its links as links and everything else escaped."""
    # Every link has one, and most texts have none.
    if ":" not in text:
        return SafeString(html.escape(text))
    return format_html_join("", "{}", ((_piece(piece.text, piece.href),) for piece in pieces(text)))


def _piece(text: str, href: str) -> str:
    if not href:
        return conditional_escape(str(text))
    return format_html(
        '<a class="pc-link" href="{}" rel="noopener noreferrer nofollow ugc" target="_blank">{}</a>', href, text
    )


@register.filter
def pairchat_marked(text: str, query: str) -> SafeString:
    """Return the text as HTML, escaped, with every occurrence of ``query`` in ``<mark>``, as the search finds it."""
    shown, done = [], 0
    for start, end in occurrences(text, query):
        shown += [text[done:start], format_html("<mark>{}</mark>", text[start:end])]
        done = end
    return format_html_join("", "{}", ((part,) for part in [*shown, text[done:]]))
