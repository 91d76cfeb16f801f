"""The HTTP API: each request of the protocol as a JSON endpoint under the URL mount, with the same services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import wraps
from typing import Any
from urllib.parse import unquote, urlencode

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from django.urls import URLPattern, path

from .. import get_room_model
from ..authentication import Credentials, file_proofs
from ..authentication.tickets import LIFETIME_SECONDS, issue_ticket
from ..conf import TICKET, UPLOAD
from ..core.error_handling import to_chat_error
from ..core.request_cost import charge
from ..core.serializers import file_urls
from ..core.uploads import take_upload
from ..dispatch import dispatch
from ..exceptions import BadRequest, TooLarge, Unauthenticated, error_text
from ..protocol import requests
from ..protocol.errors import HTTP_STATUS, ChatError, ErrorCode
from ..protocol.frames import error_body
from ..protocol.json_reading import FRAME_LIMIT_BYTES, read_object
from ..querysets import parse_key
from ..utils import instruments
from .own_checks import checks_by_itself
from .proofs import acts_as_another, credentials_in, headers_of_refusal, proved_by_headers

MEANT_FOR = "X-Pairchat-User"
INTEGER = re.compile(r"-?[0-9]{1,32}", re.ASCII)
FLAGS = {"1": True, "true": True, "0": False, "false": False}

Fields = Mapping[str, Any]
Endpoint = tuple[type[requests.Request], requests.Route]


def json_body(request: HttpRequest) -> Fields:
    """Return the fields of a JSON body. Raises ``bad_frame`` or ``TooLarge``."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not INTEGER.fullmatch(length):
        raise ChatError(code=ErrorCode.BAD_FRAME)
    if int(length) > FRAME_LIMIT_BYTES:
        raise TooLarge
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLarge from None
    except RawPostDataException:
        # The body of a form, which Django has already read to find the CSRF token.
        raise ChatError(code=ErrorCode.BAD_FRAME) from None
    return read_object(body)


def form_file(request: HttpRequest, name: str) -> tuple[QueryDict, UploadedFile[bytes] | None]:
    """Return the fields of a form, and the file under this name. Raises ``bad_frame`` or ``TooLarge``."""
    try:
        return request.POST, request.FILES.get(name)
    except RequestDataTooBig:
        raise TooLarge from None
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        raise ChatError(code=ErrorCode.BAD_FRAME) from None


def _typed(kind: type[requests.Request], values: Fields) -> dict[str, Any]:
    """Convert strings of a URL to the JSON values that they represent. Invalid ones stay and are refused later."""
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


def _error_response(error: ChatError) -> JsonResponse:
    instruments.refused(error.code)
    response = _respond(error_body(error, error_text(error)), HTTP_STATUS[error.code])
    for name, value in headers_of_refusal(error).items():
        response[name] = value
    return response


def _require_intended_user(request: HttpRequest) -> None:
    """Raise ``Unauthenticated`` unless a user is signed in, and is the one that ``X-Pairchat-User`` names, if any."""
    meant_for = request.headers.get(MEANT_FOR)
    if not request.user.is_authenticated or (meant_for is not None and unquote(meant_for) != str(request.user.pk)):
        raise Unauthenticated


def _read(request: HttpRequest, kind: type[requests.Request], route: requests.Route) -> Fields:
    """Return the fields of a request that are not in its path."""
    if route.given is not None:
        return route.given
    return _typed(kind, request.GET.dict()) if route.method == "GET" else json_body(request)


def _dispatch(request: HttpRequest, endpoint: Endpoint, url_fields: Fields) -> JsonResponse:
    _require_intended_user(request)
    kind, route = endpoint
    values = _read(request, kind, route)
    parsed = requests.build(kind, {**values, **_typed(kind, url_fields)})
    result = dispatch(request.user, parsed, impersonated=acts_as_another(request))
    return _respond(result.result, 201 if result.created else 200)


def _refuse_csrf(request: HttpRequest) -> HttpResponse:
    return _error_response(ChatError(code=ErrorCode.CSRF))


def api_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Require the CSRF token of a session, unless the request proves by a header who sends it."""
    return proved_by_headers(view, checks_by_itself(_refuse_csrf)(view), _error_response)


def endpoint(*kinds: type[requests.Request]) -> Callable[..., HttpResponse]:
    """Return the view for requests that an app adds, one for each HTTP method that their ``routes`` name.

    It stands below the app's own URLs, with the same rules for session, CSRF token and intended user.
    """
    return _view({route.method: (kind, route) for kind in kinds for route in kind.routes})


def _view(endpoints: Mapping[str, Endpoint]) -> Callable[..., HttpResponse]:
    """Return the view of one path. ``endpoints`` has the request for each HTTP method."""
    allowed = sorted({*endpoints, *(["HEAD"] if "GET" in endpoints else [])})

    @api_view
    def view(request: HttpRequest, **url_fields: str) -> HttpResponse:
        endpoint = endpoints.get("GET" if request.method == "HEAD" else str(request.method))
        if endpoint is None:
            return HttpResponseNotAllowed(allowed)
        try:
            return _dispatch(request, endpoint, url_fields)
        except Exception as error:  # noqa: BLE001 - whatever happens, the client gets an answer it can read
            return _error_response(to_chat_error(error))

    return view


def _posted(answer: Callable[[HttpRequest], dict[str, Any]]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of something that is made by a ``POST`` and is no request of the protocol: it answers 201."""

    @api_view
    @wraps(answer)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            _require_intended_user(request)
            return _respond(answer(request), 201)
        except Exception as error:  # noqa: BLE001 - whatever happens, the client gets an answer it can read
            return _error_response(to_chat_error(error))

    return view


@_posted
def uploads(request: HttpRequest) -> dict[str, Any]:
    """Store a file for a message, with ``room``, ``file`` and perhaps ``voice`` as form data.

    Answer the token for a ``send``.
    """
    # Charged before the body is read.
    charge(request.user, UPLOAD)
    form, file = form_file(request, "file")
    if file is None:
        raise BadRequest(field="file")
    key = requests.key(form.get("room"), "room")
    voice = requests.voice(form.get("voice"), "voice")
    upload = take_upload(request.user, key, file, voice=voice)
    return {"upload": upload.token, "attachment": {**upload.info, "url": None, "thumbnail": None}}


@_posted
def ticket(request: HttpRequest) -> dict[str, Any]:
    """Answer a ticket, with which a page of another origin opens one socket within 30 s."""
    return {"ticket": issue_ticket(request, _charged_proof(request)), "expires_in": LIFETIME_SECONDS}


@_posted
def files(request: HttpRequest) -> dict[str, Any]:
    """Answer addresses of the files of messages that need no header for 5 minutes, without looking for the files."""
    credentials = _charged_proof(request)
    places = requests.file_places(json_body(request).get("files"), "files")
    return {"files": _signed(places, credentials), "expires_in": file_proofs.LIFETIME_SECONDS}


def _charged_proof(request: HttpRequest) -> Credentials:
    """Charge the request, and return what its headers prove. Raises ``BadRequest`` for a session alone."""
    charge(request.user, TICKET)
    credentials = credentials_in(request)
    if credentials is None:
        raise BadRequest
    return credentials


def _signed(places: Iterable[requests.FilePlace], credentials: Credentials) -> list[dict[str, Any]]:
    for place in places:
        parse_key(get_room_model(), place.room, "files")
    proofs = file_proofs.FileProofs(credentials)

    def signed(url: str | None) -> str | None:
        return url and f"{url}?{urlencode({file_proofs.PARAMETER: proofs.for_path(unquote(url))})}"

    return [
        {**place._asdict(), "url": signed(url), "thumbnail": signed(thumbnail)}
        for place in places
        for url, thumbnail in [file_urls(*place)]
    ]


def _name(path: str) -> str:
    """Return the URL name of a path: its last word, or its singular if a key follows: ``api_message``."""
    words = re.findall(r"(?<!{)\b\w+\b(?!})", path)
    return f"api_{words[-1].removesuffix('s') if path.endswith('}/') else words[-1]}"


def _endpoints() -> list[URLPattern]:
    """Return the pattern of each path that the classes of the requests name."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for kind in requests.ALL_REQUESTS:
        for route in kind.routes:
            by_path.setdefault(route.path, {})[route.method] = (kind, route)
    return [
        path(re.sub(r"{(\w+)}", r"<str:\1>", template), _view(endpoints), name=_name(template))
        for template, endpoints in by_path.items()
    ]


urlpatterns = [
    *_endpoints(),
    path("uploads/", uploads, name="api_uploads"),
    path("ticket/", ticket, name="api_ticket"),
    path("files/", files, name="api_files"),
]
