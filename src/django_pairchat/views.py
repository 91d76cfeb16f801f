"""The pages: everything a person can do without JavaScript, each act a form, each answer a page or a redirect."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from . import forms, pages, services
from .base_models import AbstractMessage
from .exceptions import BadId, BadRequest, CannotSend, ChatError, Conflict, NotFound, sentence
from .services.failures import refusal_for
from .wire import requests
from .wire.codes import HTTP_STATUS

View = Callable[..., HttpResponse]
NEAR_THE_END: Final = 25


def for_members(view: View) -> View:
    """For signed-in people only, never cached, and every refusal becomes a page that says it in one sentence."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            is_page = request.method in ("GET", "HEAD")
            return redirect_to_login(request.get_full_path() if is_page else _way_back(**kwargs))
        try:
            return view(request, **kwargs)
        except (ChatError, OperationalError, InterfaceError) as error:
            return _refused(request, refusal_for(error))

    return never_cache(csrf_protect(wrapper))


def acts(view: View) -> View:
    """For forms: whoever comes by a link, after signing in or changing the language, is led to the page of the form."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return redirect(_way_back(**kwargs))
        return view(request, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(wrapper)


def _way_back(key: str | None = None, **kwargs: Any) -> str:
    """The page of the room that a form was meant for."""
    return reverse("pairchat:inbox") if key is None else pages.room_url(key)


def _refused(request: HttpRequest, refusal: ChatError) -> HttpResponse:
    # A key that cannot be one is a room that is not there.
    refusal = NotFound() if isinstance(refusal, BadId) else refusal
    template = "pairchat/not_found.html" if isinstance(refusal, NotFound) else "pairchat/refused.html"
    context = {"sentence": sentence(refusal), "code": str(refusal.code)}
    return _with_status(render(request, template, context), refusal)


def _with_status(response: HttpResponse, refusal: ChatError) -> HttpResponse:
    response.status_code = HTTP_STATUS[refusal.code]
    if refusal.retry_after is not None:
        response["Retry-After"] = str(ceil(refusal.retry_after))
    return response


def _next_url(request: HttpRequest, default: str) -> str:
    """Where the form wants to go next, if that is within this site."""
    wanted = request.POST.get("next", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure()):
        return wanted
    return default


# Reading


@for_members
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    archived = request.GET.get("archived") == "1"
    before = request.GET.get("before") or None
    if before is not None:
        requests.cursor(before, "before")
    found = services.inbox(request.user, before=before, archived=archived)
    pages.remember_unread_rooms(request, found.unread_rooms)
    view = pages.inbox_view(
        request.user,
        found,
        limit=pages.INBOX_SIZE,
        archived=archived,
        before=before or "",
        next_url=request.get_full_path(),
    )
    return render(request, "pairchat/inbox.html", {"inbox": view})


@for_members
@require_safe
def room(request: HttpRequest, *, key: str) -> HttpResponse:
    before, after, around = (forms.seq(request.GET, name) for name in ("before", "after", "around"))
    if sum(place is not None for place in (before, after, around)) > 1:
        raise BadRequest(field="before")
    reply_to = forms.seq(request.GET, "reply")
    page = services.history(request.user, key, before=before, after=after, around=around)
    return _room_page(request, page, reply_to=reply_to)


def _room_page(request: HttpRequest, page: services.Page, **more: Any) -> HttpResponse:
    kept = more.pop("kept", "")
    error = more.pop("error", "")
    key = str(page.room.pk)
    found = services.inbox(request.user)
    pages.remember_unread_rooms(request, found.unread_rooms)
    context = {
        **pages.room_context(request.user, page, next_url=pages.room_url(key), **more),
        "inbox": pages.inbox_view(
            request.user, found, limit=pages.INBOX_SIZE, current=key, next_url=reverse("pairchat:inbox")
        ),
        "kept": kept,
        "error": error,
        "notice": _("Thank you. Your report was sent.") if request.GET.get("reported") == "1" else "",
    }
    return render(request, "pairchat/room.html", context)


@for_members
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("query", "")
    key = request.GET.get("room") or None
    before = request.GET.get("before") or None
    context: dict[str, Any] = {
        "form": forms.SearchForm(initial={"query": query}, auto_id="pc-%s"),
        "query": query,
        "view": None,
    }
    refusal: ChatError | None = None
    if key is not None:
        context["view"] = pages.room_view(services.get_room(request.user, key), request.user)
    if query.strip():
        try:
            context |= _found(request, query, key, before)
        except ChatError as error:
            refusal = error
            context["error"] = sentence(error)
    response = render(request, "pairchat/search.html", context)
    return response if refusal is None else _with_status(response, refusal)


def _found(request: HttpRequest, query: str, key: str | None, before: str | None) -> dict[str, Any]:
    requests.query(query, "query")
    if before is not None:
        requests.cursor(before, "before")
    found = services.search(request.user, query, key=key, before=before)
    address = reverse("pairchat:search")
    where = {} if key is None else {"room": key}
    return {
        "hits": pages.hits(found.messages, request.user, query),
        "more_url": f"{address}?{urlencode({'query': query, **where, 'before': found.next})}" if found.next else "",
        "everywhere_url": f"{address}?{urlencode({'query': query})}",
    }


# Writing


@for_members
@acts
def send(request: HttpRequest, *, key: str) -> HttpResponse:
    content = request.POST.get("content", "")
    try:
        client_id = requests.client_id(request.POST.get("client_id"), "client_id")
    except ChatError:
        client_id = None
    try:
        reply_to = forms.seq(request.POST, "reply_to")
        if client_id is None:
            raise BadId(field="client_id")
        sent = _sent(request, key, client_id=client_id, content=content, reply_to=reply_to)
    except (ChatError, OperationalError, InterfaceError) as error:
        return _unsent(request, key, content, client_id, refusal_for(error))
    return redirect(pages.room_url(key, anchor=sent.message.seq))


def _sent(request: HttpRequest, key: str, **message: Any) -> services.Sent:
    file = request.FILES.get("file")
    if file is None:
        return services.send_once(request.user, key, **message)
    return services.send_file_once(request.user, key, **message, file=file)


def _unsent(
    request: HttpRequest, key: str, content: str, client_id: uuid.UUID | None, refusal: ChatError
) -> HttpResponse:
    """The room again, with the text kept in the box and a sentence that says why it was not sent."""
    page = services.history(request.user, key)
    reply_to = _reply_of(request, refusal)
    if client_id is None or isinstance(refusal, Conflict):
        form = forms.ComposerForm.fresh(content.replace("\0", ""), reply_to)
    else:
        # After "busy" the message may have been stored: only the same id makes it one message.
        form = forms.ComposerForm.again(content.replace("\0", ""), client_id, reply_to)
    kept = content if isinstance(refusal, CannotSend) else ""
    error = _why_unsent(refusal)
    if "file" in request.FILES:
        error = f"{error} {_('Your file was not sent: choose it again.')}"
    return _with_status(_room_page(request, page, form=form, reply_to=reply_to, kept=kept, error=error), refusal)


def _reply_of(request: HttpRequest, refusal: ChatError) -> int | None:
    return None if refusal.field == "reply_to" else forms.seq(request.POST, "reply_to")


def _why_unsent(refusal: ChatError) -> str:
    if isinstance(refusal, Conflict):
        return _("This form was already used for another message. Your text was not sent yet: send it again.")
    if isinstance(refusal, BadId):
        return _("This form was not complete. Your text was not sent yet: send it again.")
    return sentence(refusal)


@for_members
@acts
def read(request: HttpRequest, *, key: str) -> HttpResponse:
    services.mark_read(request.user, key, forms.required_seq(request.POST, "seq"))
    return redirect(_next_url(request, pages.room_url(key)))


@for_members
@acts
def settings(request: HttpRequest, *, key: str) -> HttpResponse:
    changes = forms.changes(request.POST)
    services.change_settings(request.user, key, **changes)
    leaves = changes.get("archived") or changes.get("marked_unread")
    return redirect(_next_url(request, reverse("pairchat:inbox") if leaves else pages.room_url(key)))


@for_members
@acts
def open_room(request: HttpRequest) -> HttpResponse:
    peer_key = requests.key(request.POST.get("user"), "user")
    opened, _created = services.open_room_by_token(request.user, peer_key, request.POST.get("topic") or None)
    return redirect(pages.room_url(str(opened.pk)))


# One message


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, *, key: str, seq: int) -> HttpResponse:
    if request.method == "POST":
        return _act_on_message(request, key, seq)
    return _message_page(request, key, seq)


def _message_page(
    request: HttpRequest, key: str, seq: int, *, content: str | None = None, error: str = ""
) -> HttpResponse:
    shown = _one_message(request, key, seq)
    view = pages.room_view(shown.room, request.user)
    edited = shown.content if content is None else content
    context = {
        **_one_bubble(view, shown),
        "form": forms.TextForm(initial={"content": edited}, auto_id="pc-%s") if pages.may_edit(view, shown) else None,
        "error": error,
        "emoji_choices": pages.EMOJI,
        "reply_url": pages.room_url(key, reply=seq) + "#composer",
        "report_url": f"{reverse('pairchat:report', args=[key])}?{urlencode({'seq': seq})}",
    }
    return render(request, "pairchat/message.html", context)


def _one_message(request: HttpRequest, key: str, seq: int) -> AbstractMessage:
    found = services.history(request.user, key, around=seq, limit=1).messages
    if not found or found[0].seq != seq:
        raise NotFound
    return found[0]


def _one_bubble(view: pages.RoomView, shown: AbstractMessage) -> dict[str, Any]:
    return {"view": view, "bubble": view.bubbles([shown])[0], "back_url": _place_of(shown)}


def _place_of(shown: AbstractMessage) -> str:
    """The room's page with this message on it."""
    key = str(shown.room_id)
    if shown.room.head - shown.seq < NEAR_THE_END:
        return pages.room_url(key, anchor=shown.seq)
    return pages.room_url(key, anchor=shown.seq, around=shown.seq)


def _act_on_message(request: HttpRequest, key: str, seq: int) -> HttpResponse:
    act = request.POST.get("act")
    if act == "edit":
        return _edit(request, key, seq)
    if act == "delete":
        changed = services.delete(request.user, key, seq)
    elif act == "react":
        changed = services.react(request.user, key, seq, request.POST.get("emoji") or None)
    else:
        raise BadRequest(field="act")
    return redirect(_place_of(changed))


def _edit(request: HttpRequest, key: str, seq: int) -> HttpResponse:
    content = request.POST.get("content", "")
    try:
        return redirect(_place_of(services.edit(request.user, key, seq, content)))
    except (ChatError, OperationalError, InterfaceError) as error:
        refusal = refusal_for(error)
        if isinstance(refusal, NotFound | BadId):
            raise refusal from None
        again = _message_page(request, key, seq, content=content.replace("\0", ""), error=sentence(refusal))
        return _with_status(again, refusal)


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, *, key: str) -> HttpResponse:
    if request.method == "POST":
        return _report(request, key)
    return _report_page(request, key, forms.seq(request.GET, "seq"))


def _report_page(request: HttpRequest, key: str, seq: int | None, *, reason: str = "", error: str = "") -> HttpResponse:
    context: dict[str, Any] = {"form": forms.ReportForm(initial={"reason": reason}, auto_id="pc-%s"), "error": error}
    if seq is None:
        context["view"] = pages.room_view(services.get_room(request.user, key), request.user)
    else:
        shown = _one_message(request, key, seq)
        context |= _one_bubble(pages.room_view(shown.room, request.user), shown)
    return render(request, "pairchat/report.html", context)


def _report(request: HttpRequest, key: str) -> HttpResponse:
    seq = forms.seq(request.POST, "seq")
    reason = request.POST.get("reason", "")
    try:
        requests.reason(reason, "reason")
    except ChatError as refusal:
        error = _("Write what is wrong, in at most 1000 characters.")
        return _with_status(_report_page(request, key, seq, reason=reason.replace("\0", ""), error=error), refusal)
    services.report(request.user, key, reason, seq)
    return redirect(pages.room_url(key, reported="1"))
