"""The HTTP twins: each request of the protocol as JSON under the URL mount, over the same services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from math import ceil
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.request import RawPostDataException
from django.urls import path
from django.views.decorators.csrf import csrf_protect

from .exceptions import BadRequest, ChatError, TooLarge, Unauthenticated, sentence
from .services import store_upload
from .services.acts import perform
from .services.failures import refusal_for
from .wire import requests
from .wire.answers import refusal_body
from .wire.codes import HTTP_STATUS, Code, Refusal

INTEGER = re.compile(r"-?[0-9]{1,32}", re.ASCII)
FLAGS = {"1": True, "true": True, "0": False, "false": False}

Fields = Mapping[str, Any]
Reader = Callable[[HttpRequest], Fields]


def from_body(request: HttpRequest) -> Fields:
    """The fields of a JSON body."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not INTEGER.fullmatch(length):
        raise Refusal(code=Code.BAD_FRAME)
    if int(length) > requests.FRAME_LIMIT_BYTES:
        raise TooLarge
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLarge from None
    except RawPostDataException:
        # A form, which Django has read to find its token.
        raise Refusal(code=Code.BAD_FRAME) from None
    return requests.read_object(body)


def nothing(request: HttpRequest) -> Fields:
    return {}


def no_emoji(request: HttpRequest) -> Fields:
    return {"emoji": None}


def from_query(request: HttpRequest) -> Fields:
    """The fields of a query string, where every value is a text."""
    return request.GET.dict()


def _typed(kind: type[requests.Request], values: Fields) -> dict[str, Any]:
    """Texts of a URL as the JSON values that they stand for; what cannot be one stays and is refused later."""
    checks = {field.name: field.metadata.get("check") for field in fields(kind)}
    typed = dict(values)
    for name, value in values.items():
        if checks.get(name) in (requests.seq, requests.limit) and INTEGER.fullmatch(value):
            typed[name] = int(value)
        elif checks.get(name) is requests.flag:
            typed[name] = FLAGS.get(value, value)
    return typed


def _respond(body: Fields, status: int) -> JsonResponse:
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


def _refuse(refusal: ChatError) -> JsonResponse:
    response = _respond(refusal_body(refusal, sentence(refusal)), HTTP_STATUS[refusal.code])
    if refusal.retry_after is not None:
        response["Retry-After"] = str(ceil(refusal.retry_after))
    return response


def _answer(request: HttpRequest, kind: type[requests.Request], read: Reader, address: Fields) -> JsonResponse:
    if not request.user.is_authenticated:
        raise Unauthenticated
    values = read(request)
    if read is from_query:
        values = _typed(kind, values)
    answer = perform(request.user, requests.build(kind, {**values, **_typed(kind, address)}))
    return _respond(answer.result, 201 if answer.created else 200)


def twin(**methods: tuple[type[requests.Request], Reader]) -> Callable[..., HttpResponse]:
    """A view: for each HTTP method the request it stands for and where that request's fields are."""
    allowed = sorted({*methods, *(["HEAD"] if "GET" in methods else [])})

    @csrf_protect
    def view(request: HttpRequest, **address: str) -> HttpResponse:
        kind, read = methods.get("GET" if request.method == "HEAD" else str(request.method), (None, nothing))
        if kind is None:
            return HttpResponseNotAllowed(allowed)
        try:
            return _answer(request, kind, read, address)
        except Exception as error:  # noqa: BLE001 - whatever happens, the client gets an answer it can read
            return _refuse(refusal_for(error))

    return view


@csrf_protect
def uploads(request: HttpRequest) -> HttpResponse:
    """A file for a message: ``room`` and ``file`` as form data; answers the token that a ``send`` names."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        if not request.user.is_authenticated:
            raise Unauthenticated
        file = request.FILES.get("file")
        if file is None:
            raise BadRequest(field="file")
        upload = store_upload(request.user, requests.key(request.POST.get("room"), "room"), file)
        return _respond({"upload": upload.token, "attachment": {**upload.info, "url": None, "thumbnail": None}}, 201)
    except Exception as error:  # noqa: BLE001 - whatever happens, the client gets an answer it can read
        return _refuse(refusal_for(error))


urlpatterns = [
    path("inbox/", twin(GET=(requests.Inbox, from_query)), name="api_inbox"),
    path("sync/", twin(POST=(requests.Sync, from_body)), name="api_sync"),
    path("search/", twin(GET=(requests.Search, from_query)), name="api_search"),
    path("uploads/", uploads, name="api_uploads"),
    path("rooms/", twin(POST=(requests.Open, from_body)), name="api_rooms"),
    path("rooms/<str:room>/", twin(PATCH=(requests.Settings, from_body)), name="api_room"),
    path(
        "rooms/<str:room>/messages/",
        twin(GET=(requests.History, from_query), POST=(requests.Send, from_body)),
        name="api_messages",
    ),
    path(
        "rooms/<str:room>/messages/<str:seq>/",
        twin(PATCH=(requests.Edit, from_body), DELETE=(requests.Delete, nothing)),
        name="api_message",
    ),
    path(
        "rooms/<str:room>/messages/<str:seq>/reaction/",
        twin(PUT=(requests.React, from_body), DELETE=(requests.React, no_emoji)),
        name="api_reaction",
    ),
    path("rooms/<str:room>/read/", twin(POST=(requests.Read, from_body)), name="api_read"),
    path("rooms/<str:room>/report/", twin(POST=(requests.Report, from_body)), name="api_report"),
]
