"""The pages, which work without JavaScript: each operation is a form, each answer a page or a redirect."""

from __future__ import annotations

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
from django.views.decorators.http import require_http_methods, require_safe

from .. import forms, services
from ..base_models import AbstractMessage
from ..conf import REFUSED
from ..core.error_handling import to_chat_error
from ..core.request_cost import charge, charge_request
from ..exceptions import (
    BadId,
    BadRequest,
    CannotSend,
    ChatError,
    Held,
    NotFound,
    RateLimited,
    Unauthenticated,
    error_text,
)
from ..forms import get_form_class
from ..model_parts.side import Side
from ..protocol import requests
from ..protocol.errors import HTTP_STATUS, ErrorCode
from ..protocol.requests import CONTENT_LIMIT
from ..services.messages import change_preview
from ..utils import instruments
from . import presenters
from .card_kinds import card_kinds
from .notices import notice_in, notice_query
from .own_checks import checks_by_itself
from .proofs import acts_as_another
from .surroundings import in_reader_time_zone, tell_developers_of_wsgi

View = Callable[..., HttpResponse]
NEAR_THE_END: Final = 25


def chat_view(view: View) -> View:
    """Require a signed-in user, forbid caching, and turn every ``ChatError`` into a page with its text."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        is_page = request.method in ("GET", "HEAD")
        if not request.user.is_authenticated and (is_page or not _texts(request)):
            return redirect_to_login(request.get_full_path() if is_page else _form_page_url(**kwargs))
        if not is_page and not _is_from_current_user(request):
            return _wrong_user_page(request, _form_page_url(**kwargs))
        tell_developers_of_wsgi(request)
        try:
            with in_reader_time_zone(request):
                return view(request, **kwargs)
        except (ChatError, OperationalError, InterfaceError) as error:
            return _error_page(request, to_chat_error(error))

    return never_cache(checks_by_itself(_refuse_csrf)(wrapper))


def form_action(view: View) -> View:
    """Redirect GET requests on a form action (e.g. after login) to the page that contains the form."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return redirect(_form_page_url(**kwargs))
        return view(request, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(wrapper)


def _form_page_url(key: str | None = None, **kwargs: Any) -> str:
    """Return the URL of the page that contains the form."""
    return reverse("pairchat:inbox") if key is None else presenters.room_url(key)


def _is_from_current_user(request: HttpRequest) -> bool:
    """Return whether this form was rendered for the user who is signed in now. A form without ``as`` is accepted."""
    key = str(request.user.pk)
    return request.user.is_authenticated and request.POST.get("as", key) == key


def _wrong_user_page(request: HttpRequest, way_back: str) -> HttpResponse:
    """Answer a form that was rendered for another user: nothing is done, and its text is returned."""
    context = {
        "code": str(ErrorCode.UNAUTHENTICATED),
        "texts": _texts(request),
        "login_url": presenters.login_url(way_back),
    }
    if request.user.is_authenticated:
        context["sentence"] = _("A different account is signed in now. Nothing was sent or changed.")
    else:
        context["sentence"] = _("You are signed out. Sign in again to continue.")
    return _with_status(render(request, "pairchat/refused.html", context), Unauthenticated())


def _refuse_csrf(request: HttpRequest) -> HttpResponse:
    """Answer a form with a token of another session: nothing is done, and its text is returned."""
    match = request.resolver_match
    way_back = _form_page_url(**match.kwargs if match else {})
    if not _is_from_current_user(request):
        return _wrong_user_page(request, way_back)
    return _error_page(request, ChatError(code=ErrorCode.CSRF))


def _texts(request: HttpRequest) -> list[str]:
    """Return the texts that the person wrote into this form."""
    texts = (request.POST.get(name, "").replace("\0", "") for name in ("content", "reason"))
    return [text for text in texts if text.strip()]


def _error_page(request: HttpRequest, chat_error: ChatError) -> HttpResponse:
    # A malformed key is answered like a room that does not exist.
    chat_error = NotFound() if isinstance(chat_error, BadId) else chat_error
    template = "pairchat/not_found.html" if isinstance(chat_error, NotFound) else "pairchat/refused.html"
    context = {"sentence": error_text(chat_error), "code": str(chat_error.code), "texts": _texts(request)}
    return _with_status(render(request, template, context), chat_error)


def _with_status(response: HttpResponse, chat_error: ChatError) -> HttpResponse:
    instruments.refused(chat_error.code)
    response.status_code = HTTP_STATUS[chat_error.code]
    if chat_error.retry_after is not None:
        response["Retry-After"] = str(ceil(chat_error.retry_after))
    return response


def _next_url(request: HttpRequest, default: str) -> str:
    """Return the form's ``next`` URL if it is within this site, else ``default``."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        return target
    return default


def _values(form: forms.ChatForm) -> dict[str, Any]:
    """Return the values of a form that has no page of its own to be shown again on. Raises its first error."""
    if not form.is_valid():
        raise form.chat_error()
    return form.cleaned_data


# Reading


@chat_view
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    charge_request(request.user, requests.Inbox)
    archived = request.GET.get("archived") == "1"
    unread = request.GET.get("unread") == "1"
    values = _values(forms.InboxForm(request.GET))
    before, about = values["before"], values["about"] or None
    page = services.inbox(request.user, before=before, archived=archived, unread=unread, about=about)
    presenters.remember_unread_rooms(request, page.unread_rooms)
    presenter = presenters.present_inbox(
        request.user,
        page,
        limit=presenters.INBOX_SIZE,
        archived=archived,
        unread=unread,
        about=about or "",
        before=before or "",
        next_url=request.get_full_path(),
    )
    return render(request, "pairchat/inbox.html", {"inbox": presenter})


@chat_view
@require_safe
def room(request: HttpRequest, *, key: str) -> HttpResponse:
    charge_request(request.user, requests.History)
    place = _values(forms.HistoryForm(request.GET))
    day = place.pop("date")
    if day is not None:
        seq = services.find_date(request.user, key, day)
        return redirect(presenters.room_url(key, around=seq, anchor=seq))
    at_unread = not any(seq is not None for seq in place.values()) and "newest" not in request.GET
    reply_to = place.pop("reply")
    text = request.GET.get("text", "")[:CONTENT_LIMIT]
    page = services.history(request.user, key, **place, at_unread=at_unread)
    return _room_page(request, page, reply_to=reply_to, text=text, at_unread=at_unread)


def _room_page(request: HttpRequest, page: services.Page, **more: Any) -> HttpResponse:
    kept = more.pop("kept", "")
    error = more.pop("error", "")
    key = str(page.room.pk)
    inbox_page = services.inbox(request.user)
    presenters.remember_unread_rooms(request, inbox_page.unread_rooms)
    context = {
        **presenters.room_context(request.user, page, next_url=presenters.room_url(key), **more),
        "inbox": presenters.present_inbox(
            request.user, inbox_page, limit=presenters.INBOX_SIZE, current=key, next_url=reverse("pairchat:inbox")
        ),
        "kept": kept,
        "error": error,
        "warning": notice_in(request),
        "notice": _("Thank you. Your report was sent.") if request.GET.get("reported") == "1" else "",
    }
    return render(request, "pairchat/room.html", context)


# The dock: the list and the rooms without a page around them, which its script puts into the page of the host


@chat_view
@require_safe
def dock(request: HttpRequest) -> HttpResponse:
    charge_request(request.user, requests.Inbox)
    page = services.inbox(request.user)
    presenters.remember_unread_rooms(request, page.unread_rooms)
    presenter = presenters.present_inbox(
        request.user, page, limit=presenters.INBOX_SIZE, next_url=reverse("pairchat:inbox")
    )
    return render(request, "pairchat/dock_inbox.html", {"inbox": presenter})


@chat_view
@require_safe
def dock_room(request: HttpRequest, *, key: str) -> HttpResponse:
    charge_request(request.user, requests.History)
    page = services.history(request.user, key, at_unread=True)
    context = presenters.room_context(request.user, page, next_url=presenters.room_url(key))
    return render(request, "pairchat/dock_room.html", context)


@chat_view
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    charge_request(request.user, requests.Search)
    # On a first visit there is nothing to find fault with: a host's form may refuse an empty text.
    form = get_form_class(forms.SearchForm)(request.GET if "query" in request.GET else None)
    key = request.GET.get("room") or None
    context: dict[str, Any] = {"form": form, "query": request.GET.get("query", ""), "chat": None}
    if key is not None:
        context["chat"] = presenters.present_room(services.get_room(request.user, key), request.user)
    chat_error: ChatError | None = None
    try:
        values = _values(form) if form.is_bound else {}
        if values.get("query"):
            context |= _search_results(request, values["query"], key, values["before"])
    except ChatError as error:
        chat_error = error
        context["error"] = form.alert or error_text(error)
    response = render(request, "pairchat/search.html", context)
    return response if chat_error is None else _with_status(response, chat_error)


def _search_results(request: HttpRequest, query: str, key: str | None, before: str | None) -> dict[str, Any]:
    page = services.search(request.user, query, room=key, before=before)
    url = reverse("pairchat:search")
    where = {} if key is None else {"room": key}
    return {
        "hits": presenters.hits(page.messages, request.user, query),
        **presenters.server(),
        "more_url": f"{url}?{urlencode({'query': query, **where, 'before': page.next})}" if page.next else "",
        "everywhere_url": f"{url}?{urlencode({'query': query})}",
    }


@chat_view
@require_safe
def gallery(request: HttpRequest, *, key: str) -> HttpResponse:
    charge_request(request.user, requests.Search)
    values = _values(forms.GalleryForm(request.GET))
    tab = values["tab"] or presenters.GALLERY_TABS[0]
    page = services.gallery(request.user, key, tab, before=values["before"])
    shown = page.messages[0].room if page.messages else services.get_room(request.user, key)
    return render(request, "pairchat/gallery.html", presenters.gallery_context(request.user, shown, tab, page))


@chat_view
@require_safe
def starred(request: HttpRequest) -> HttpResponse:
    charge_request(request.user, requests.Stars)
    before = _values(forms.StarsForm(request.GET))["before"]
    page = services.starred_messages(request.user, before=before)
    url = reverse("pairchat:starred")
    context = {
        "hits": presenters.hits(page.messages, request.user),
        "more_url": f"{url}?{urlencode({'before': page.next})}" if page.next else "",
        "this_url": request.get_full_path(),
        **presenters.server(),
    }
    return render(request, "pairchat/starred.html", context)


# Writing


@chat_view
@form_action
def send(request: HttpRequest, *, key: str) -> HttpResponse:
    form = get_form_class(forms.MessageForm)(request.POST, request.FILES)
    try:
        if form.is_valid():
            stored = _store_message(request.user, key, form.cleaned_data)
            return redirect(_sent_url(request, key, stored.message.seq, stored.pending.notice))
        # A message that is not stored costs the same here as where a service refuses it.
        charge(request.user, REFUSED)
        chat_error = form.chat_error()
    except services.PartlySent as partly:
        return _partly_sent(request, key, partly)
    except Held:
        return redirect(f"{presenters.room_url(key)}#held")
    except (ChatError, OperationalError, InterfaceError) as error:
        chat_error = to_chat_error(error)
        form.add_chat_error(chat_error)
    return _send_failed(request, key, form, chat_error)


def _sent_url(request: HttpRequest, key: str, seq: int, notice: str) -> str:
    return presenters.room_url(key, anchor=seq, **notice_query(request.user, notice))


def _store_message(user: Any, key: str, values: dict[str, Any]) -> services.StoredMessage:
    message = {name: values[name] for name in ("client_id", "content", "reply_to")}
    # A host's own form may have a field for one file.
    files = values["file"] if isinstance(values["file"], list) else [values["file"]]
    files = [file for file in files if file is not None]
    if not files:
        return services.send_once(user, key, **message)
    return services.send_with_files(user, key, **message, files=files)


def _partly_sent(request: HttpRequest, key: str, partly: services.PartlySent) -> HttpResponse:
    """Render the room again with the reason why the rest was not sent. The text has gone with the first file."""
    charge_request(request.user, requests.History)
    texts = {"name": partly.file_name, "reason": error_text(partly.error)}
    error = _("%(name)s: %(reason)s This file and those after it were not sent. Please choose them again.") % texts
    return _with_status(_room_page(request, services.history(request.user, key), error=error), partly.error)


def _send_failed(request: HttpRequest, key: str, form: forms.MessageForm, chat_error: ChatError) -> HttpResponse:
    """Render the room again, with the text kept in the box and the reason why it was not sent."""
    charge_request(request.user, requests.History)
    page = services.history(request.user, key)
    form.prepare_retry()
    error = form.alert
    if "file" in request.FILES:
        error = f"{error} {_('Your file was not sent. Please choose it again.')}"
    context = {
        "form": form,
        "reply_to": form.cleaned_data.get("reply_to"),
        "kept": form["content"].value() if isinstance(chat_error, CannotSend) else "",
        "error": error,
    }
    return _with_status(_room_page(request, page, **context), chat_error)


@chat_view
@form_action
def withdraw(request: HttpRequest, *, key: str) -> HttpResponse:
    charge_request(request.user, requests.Delete)
    client_id = _values(forms.WithdrawForm(request.POST))["client_id"]
    services.withdraw_held(request.user, key, client_id)
    return redirect(_next_url(request, presenters.room_url(key)))


@chat_view
@form_action
def read(request: HttpRequest, *, key: str) -> HttpResponse:
    charge_request(request.user, requests.Read)
    seq = _values(forms.ReadForm(request.POST))["seq"]
    if not acts_as_another(request):
        services.mark_read(request.user, key, seq)
    return redirect(_next_url(request, presenters.room_url(key)))


@chat_view
@form_action
def settings(request: HttpRequest, *, key: str) -> HttpResponse:
    charge_request(request.user, requests.Settings)
    form = forms.SettingsForm(request.POST)
    values = _values(form)
    services.change_settings(request.user, key, **form.changes)
    leaves = values["archived"] or values["marked_unread"]
    return redirect(_next_url(request, reverse("pairchat:inbox") if leaves else presenters.room_url(key)))


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def open_room(request: HttpRequest) -> HttpResponse:
    """Open a chat. After a login, a ``GET`` asks first: what an address names has not been asked for by the person."""
    if request.method != "POST":
        return _ask_to_open(request)
    charge_request(request.user, requests.Open)
    values = _values(forms.OpenForm(request.POST))
    opened, _created = services.open_room_by_token(request.user, values["user"], values["topic"] or None)
    return redirect(presenters.room_url(str(opened.pk)))


def _ask_to_open(request: HttpRequest) -> HttpResponse:
    form = forms.OpenForm(request.GET)
    if not form.is_valid() or form.cleaned_data["user"] == str(request.user.pk):
        return redirect("pairchat:inbox")
    return render(request, "pairchat/open.html", {"form": form, "me": str(request.user.pk)})


# One message


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, *, key: str, seq: int) -> HttpResponse:
    if request.method == "POST":
        return _act_on_message(request, key, seq)
    return _message_page(request, key, seq)


def _message_page(request: HttpRequest, key: str, seq: int, *, refused: forms.EditForm | None = None) -> HttpResponse:
    charge_request(request.user, requests.History)
    shown = _one_message(request, key, seq)
    presenter = presenters.present_room(shown.room, request.user)
    form = refused or get_form_class(forms.EditForm)(initial={"content": shown.content})
    context = {
        **_one_bubble(presenter, shown),
        "form": form if presenters.can_edit(presenter, shown) else None,
        "kept": "" if refused is None else refused["content"].value(),
        "error": form.alert,
        "emoji_choices": presenters.EMOJI,
        "wishes_preview": presenters.may_wish_preview(presenter, shown),
        "offers_stars": presenters.offers_stars(),
        "reply_url": presenters.room_url(key, reply=seq) + "#composer",
        "report_url": f"{reverse('pairchat:report', args=[key])}?{urlencode({'seq': seq})}",
    }
    return render(request, "pairchat/message.html", context)


def _one_message(request: HttpRequest, key: str, seq: int) -> AbstractMessage:
    messages = services.history(request.user, key, around=seq, limit=1).messages
    if not messages or messages[0].seq != seq:
        raise NotFound
    return messages[0]


def _one_bubble(presenter: presenters.RoomPresenter, shown: AbstractMessage) -> dict[str, Any]:
    return {
        "chat": presenter,
        "bubble": presenter.bubbles([shown])[0],
        "back_url": _place_of(shown, presenter.side),
        "edited_at": services.message_object(shown)["edited_at"] or "",
        "card_kinds": card_kinds(),
        **presenters.server(),
    }


def _place_of(shown: AbstractMessage, side: Side | None, notice: str = "") -> str:
    """Return the URL of the room's page that contains this message. A room with much unread opens further back."""
    key = str(shown.room_id)
    query = {} if side is None else notice_query(side.user, notice)
    opens_at_end = side is None or side.unread < NEAR_THE_END
    if shown.room.head - shown.seq < NEAR_THE_END and opens_at_end:
        return presenters.room_url(key, anchor=shown.seq, **query)
    return presenters.room_url(key, anchor=shown.seq, around=shown.seq, **query)


def _act_on_message(request: HttpRequest, key: str, seq: int) -> HttpResponse:
    act = request.POST.get("act")
    if act == "edit":
        return _edit(request, key, seq)
    if act == "delete":
        charge_request(request.user, requests.Delete)
        changed = services.delete(request.user, key, seq)
    elif act == "remove_preview":
        charge_request(request.user, requests.Edit)
        changed = change_preview(request.user, key, seq, None)
    elif act == "react":
        charge_request(request.user, requests.React)
        changed = services.react(request.user, key, seq, request.POST.get("emoji") or None)
    elif act in ("star", "unstar"):
        return _star(request, key, seq, on=act == "star")
    else:
        raise BadRequest(field="act")
    return redirect(_place_of(changed, changed.room.side(request.user), changed.pairchat_notice))


def _star(request: HttpRequest, key: str, seq: int, *, on: bool) -> HttpResponse:
    charge_request(request.user, requests.Star)
    services.star(request.user, key, seq, on)
    return redirect(_next_url(request, presenters.room_url(key, anchor=seq, around=seq)))


def _edit(request: HttpRequest, key: str, seq: int) -> HttpResponse:
    form = get_form_class(forms.EditForm)(request.POST, request.FILES)
    try:
        charge_request(request.user, requests.Edit)
        if form.is_valid():
            edited = services.edit(request.user, key, seq, form.cleaned_data["content"])
            return redirect(_place_of(edited, edited.room.side(request.user), edited.pairchat_notice))
        chat_error = form.chat_error()
    except (ChatError, OperationalError, InterfaceError) as error:
        chat_error = to_chat_error(error)
        if isinstance(chat_error, NotFound | BadId):
            raise chat_error from None
        form.add_chat_error(chat_error)
    return _with_status(_message_page(request, key, seq, refused=form), chat_error)


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, *, key: str) -> HttpResponse:
    if request.method == "POST":
        return _report(request, key)
    seq = _values(forms.MessageRefForm(request.GET))["seq"]
    return _report_page(request, key, seq, get_form_class(forms.ReportForm)())


def _report_page(request: HttpRequest, key: str, seq: int | None, form: forms.ReportForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "error": form.alert}
    charge_request(request.user, requests.History)
    if seq is None:
        context["chat"] = presenters.present_room(services.get_room(request.user, key), request.user)
    else:
        shown = _one_message(request, key, seq)
        context |= _one_bubble(presenters.present_room(shown.room, request.user), shown)
    return render(request, "pairchat/report.html", context)


def _report(request: HttpRequest, key: str) -> HttpResponse:
    seq = _values(forms.MessageRefForm(request.POST))["seq"]
    form = get_form_class(forms.ReportForm)(request.POST, request.FILES)
    try:
        if form.is_valid():
            services.report(request.user, key, form.cleaned_data["reason"], seq, **form.details)
            if form.blocks:
                services.change_settings(request.user, key, blocked=True)
            return redirect(presenters.room_url(key, reported="1"))
        chat_error = form.chat_error()
    except RateLimited as limited:
        chat_error = limited
        form.add_chat_error(limited)
    return _with_status(_report_page(request, key, seq, form), chat_error)
