"""The page of a person's saved texts. The browser client reads them from it, too."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import forms, services
from ..conf import PREFERENCES
from ..core.request_cost import charge, charge_request
from ..exceptions import ChatError, NotFound
from ..protocol import requests
from .views import _with_status, chat_view


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def quick_replies(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    charge_request(request.user, requests.Inbox)
    return _page(request, forms.QuickReplyForm())


def _change(request: HttpRequest) -> HttpResponse:
    form = forms.QuickReplyForm(request.POST)
    try:
        charge(request.user, PREFERENCES)
        if not form.is_valid():
            raise form.chat_error()
        _perform(request.user, form.cleaned_data)
    except ChatError as error:
        if isinstance(error, NotFound):
            form.add_error(None, _("This text was deleted in the meantime. You can add it again."))
        elif form.is_valid():
            form.add_error(None, forms._as_validation_error(None, error))
        return _with_status(_page(request, form), error)
    return redirect("pairchat:quick_replies")


def _perform(user: Any, values: dict[str, Any]) -> None:
    if values["reply"] is None:
        services.save_quick_reply(user, values["content"])
    elif values["delete"]:
        services.delete_quick_reply(user, values["reply"])
    else:
        services.change_quick_reply(user, values["reply"], values["content"])


def _page(request: HttpRequest, form: forms.QuickReplyForm) -> HttpResponse:
    """Return the page. A text that was refused stands where it was written, with the reason.

    One whose place is gone stands where a new one is written.
    """
    refused = str(form.data.get("reply", "")) if form.is_bound else None
    saved = [
        {
            "key": str(reply.pk),
            "text": form["content"].value() if str(reply.pk) == refused else reply.text,
            "error": form.alert if str(reply.pk) == refused else "",
        }
        for reply in services.saved_quick_replies(request.user)
    ]
    is_new = refused not in {reply["key"] for reply in saved}
    context = {
        "replies": saved,
        "form": form if is_new else forms.QuickReplyForm(),
        "error": form.alert if form.is_bound and is_new else "",
        "me": str(request.user.pk),
    }
    return render(request, "pairchat/quick_replies.html", context)
