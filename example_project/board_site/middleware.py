"""The board's content security policy."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
DEBUG_PAGES = {HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR}


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Send the policy with every page; Django 6.0 has a middleware for this, 5.2 has not."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not brings_inline_code(request, response):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def brings_inline_code(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the page is Django's own: its admin and its debug pages need what the policy forbids."""
    match = request.resolver_match
    is_admin = match is not None and match.app_name == "admin"
    return is_admin or (settings.DEBUG and response.status_code in DEBUG_PAGES)
