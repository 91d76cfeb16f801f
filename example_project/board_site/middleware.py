"""The board's content security policy."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
DEBUG_PAGES = {HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR}


@sync_and_async_middleware
def content_security_policy(get_response: Any) -> Callable[[HttpRequest], Any]:
    """Send the policy with every page; Django 6.0 has a middleware for this, 5.2 has not."""

    def add_policy(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not brings_inline_code(request, response):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    # A middleware that is only synchronous keeps a thread for each request under ASGI, which may hang at the end of a
    # server that stops its event loop first.
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponse:
            return add_policy(request, await get_response(request))

        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponse:
        return add_policy(request, get_response(request))

    return middleware


def brings_inline_code(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether the page is Django's own: its admin and its debug pages need what the policy forbids."""
    match = request.resolver_match
    is_admin = match is not None and match.app_name == "admin"
    return is_admin or (settings.DEBUG and response.status_code in DEBUG_PAGES)
