"""The pages to make an offer and to suggest a meeting, and what the buttons of the cards are sent to."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deals import actions
from deals.forms import MeetingForm, OfferForm, PriceForm
from deals.models import Deal
from django_pairchat.exceptions import ChatError, NotFound

REFUSED = 409


def zone_of(request: HttpRequest) -> tzinfo:
    """Return the time zone of the reader's browser, which the chat leaves in a cookie, else that of the site."""
    try:
        return ZoneInfo(request.COOKIES["pairchat_timezone"])
    except (LookupError, ValueError, OSError):
        return timezone.get_default_timezone()


@login_required
def offer_new(request: HttpRequest, key: str) -> HttpResponse:
    """Make an offer in a chat."""
    form = OfferForm(request.POST or None, initial={"offer": uuid.uuid4()})
    return new(
        request, key, form, _("Make an offer"), lambda user, offer, price: actions.make_offer(user, key, offer, price)
    )


@login_required
def meeting_new(request: HttpRequest, key: str) -> HttpResponse:
    """Suggest a meeting in a chat."""
    form = MeetingForm(request.POST or None, zone=zone_of(request), initial={"meeting": uuid.uuid4()})
    return new(
        request,
        key,
        form,
        _("Suggest a meeting"),
        lambda user, meeting, at, place: actions.suggest_meeting(user, key, meeting, at, place),
    )


def new(request: HttpRequest, key: str, form: forms.Form, title: str, make: Callable[..., Deal]) -> HttpResponse:
    """Show the form, or do what it says and go back to the chat."""
    try:
        room, _post = actions.room_about_post(request.user, key)
        if request.method == "POST" and form.is_valid():
            return redirect(place_of(make(request.user, **form.cleaned_data)))
    except ChatError as error:
        raise Http404 from error
    except actions.Refused as refused:
        form.add_error(None, str(refused))
    return render(request, "deals/form.html", {"form": form, "title": title, "room": room})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def offer_answer(request: HttpRequest) -> HttpResponse:
    """Answer an offer."""

    def answer(deal_id: uuid.UUID, what: str) -> Deal:
        form = PriceForm(request.POST)
        if what == "counter" and not form.is_valid():
            raise actions.Refused(_("Write a price in won."))
        price = form.cleaned_data["price"] if what == "counter" else None
        return actions.answer_offer(request.user, deal_id, what, price)

    return answered(request, "offer", answer)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def meeting_answer(request: HttpRequest) -> HttpResponse:
    """Answer a suggestion to meet."""
    return answered(request, "meeting", lambda pk, what: actions.answer_meeting(request.user, pk, what))


def answered(request: HttpRequest, name: str, answer: Callable[[uuid.UUID, str], Deal]) -> HttpResponse:
    """Do what a button of a card says. Its form is sent by a browser, or by the chat's script, which wants JSON."""
    if request.method != "POST":
        # As after logging in.
        return redirect("pairchat:inbox")
    wants_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    me = str(request.user.pk)
    if request.POST.get("as", me) != me:
        return refused(request, _("A different account is signed in now. Nothing was sent or changed."), wants_json)
    try:
        deal = answer(uuid.UUID(request.POST.get(name, "")), request.POST.get("answer", ""))
    except (ValueError, NotFound):
        return refused(request, _("This is not available any more."), wants_json)
    except actions.Refused as refusal:
        return refused(request, str(refusal), wants_json)
    return JsonResponse({}) if wants_json else redirect(place_of(deal))


def refused(request: HttpRequest, sentence: str, wants_json: bool) -> HttpResponse:
    """Say why something was not possible: in the card, or on a page of the chat's own."""
    if wants_json:
        return JsonResponse({"message": sentence}, status=REFUSED)
    return render(request, "pairchat/refused.html", {"sentence": sentence, "code": "conflict"}, status=REFUSED)


def place_of(deal: Any) -> str:
    """Return the address of a card in its chat."""
    room = reverse("pairchat:room", args=[deal.room_id])
    return room if deal.card is None else f"{room}#m-{deal.card.seq}"
