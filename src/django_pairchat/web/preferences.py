"""The page on which people find whom they have blocked, what they have muted and archived, and their own switches."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import forms, get_preferences_model, get_quick_reply_model, services
from ..conf import PREFERENCES
from ..core.request_cost import charge, charge_request
from ..exceptions import RateLimited, Unsupported
from ..policy import get_policy
from ..protocol import requests
from . import presenters
from .views import _values, _with_status, chat_view

ROWS: Final = 20


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    charge_request(request.user, requests.Inbox)
    return _page(request, _form(request))


def _offered(user: Any) -> list[str]:
    """Return the switches that change anything: where the policy says no, there is nothing to reduce."""
    if get_preferences_model() is None:
        return []
    policy = get_policy()
    allowed = {"shows_read_marks": policy.shows_read_marks(user), "shows_presence": policy.shows_presence(user)}
    return [name for name, is_allowed in allowed.items() if is_allowed]


def _form(request: HttpRequest) -> forms.PreferencesForm:
    own = services.preferences(request.user)
    initial = {"shows_read_marks": own.shows_read_marks, "shows_presence": own.shows_presence}
    return forms.PreferencesForm(initial=initial, offered=_offered(request.user))


def _change(request: HttpRequest) -> HttpResponse:
    form = forms.PreferencesForm(request.POST, offered=_offered(request.user))
    if not form.fields:
        raise Unsupported
    try:
        charge(request.user, PREFERENCES)
    except RateLimited as limited:
        form.full_clean()
        form.add_chat_error(limited)
        return _with_status(_page(request, form), limited)
    services.change_preferences(request.user, **_values(form))
    return redirect(f"{reverse('pairchat:preferences')}?saved=1")


def _page(request: HttpRequest, form: forms.PreferencesForm) -> HttpResponse:
    given = _values(forms.RoomPageForm(request.GET))
    kinds = [given["list"]] if given["list"] else ["blocked", "muted", "archived"]
    before = given["before"] if given["list"] else None
    url = reverse("pairchat:preferences")
    context = {
        "form": form,
        "error": form.alert if form.is_bound else "",
        "me": str(request.user.pk),
        "offers_quick_replies": get_quick_reply_model() is not None,
        "lists": [_list(request.user, kind, before) for kind in kinds],
        "is_part": bool(given["list"]),
        "this_url": request.get_full_path() if request.method == "GET" else url,
        "notice": _("Saved.") if request.GET.get("saved") == "1" else "",
    }
    return render(request, "pairchat/preferences.html", context)


def _list(user: Any, kind: str, before: str | None) -> dict[str, Any]:
    """Return one of the lists. The button of each row undoes what put the row there."""
    texts = {
        "blocked": (_("Blocked people"), _("Nobody is blocked."), _("Unblock")),
        "muted": (_("Muted chats"), _("Nothing is muted."), _("Unmute")),
        "archived": (_("Archived chats"), _("Nothing is archived."), _("Unarchive")),
    }
    page = services.rooms_set_apart(user, kind, before=before, limit=ROWS)
    title, nothing, undo = texts[kind]
    more = urlencode({"list": kind, "before": page.next or ""})
    return {
        "kind": kind,
        "title": title,
        "nothing": nothing,
        "undo": undo,
        "rows": presenters.present_rows(user, page.rooms),
        "more_url": f"{reverse('pairchat:preferences')}?{more}" if page.next else "",
    }
