"""Any authentication class of Django REST framework: its own tokens, simplejwt, those of allauth and of others."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, BasicAuthentication, RemoteUserAuthentication
from rest_framework.authentication import SessionAuthentication as RestSessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from ..exceptions import Unauthenticated
from .base import Authentication

SENT_BY_BROWSERS: Final = (BasicAuthentication, RemoteUserAuthentication, RestSessionAuthentication)
NOTED_BY_ALLAUTH: Final = "_allauth_usersessions_tracked"


class _EachSession:
    """In place of the set of sessions whose activity allauth has noted for this request."""

    def __contains__(self, key: object) -> bool:
        return True


class RestFrameworkAuthentication(Authentication):
    """An adapter for a class that reads ``Authorization``, or the ``X-Session-Token`` of allauth."""

    headers = ("Authorization", "X-Session-Token")

    def __init__(self, kind: type[BaseAuthentication]) -> None:
        """Take a class for tokens.

        Raises ``ImproperlyConfigured`` for one that reads what browsers send by themselves, to any other site's page.
        """
        if issubclass(kind, SENT_BY_BROWSERS):
            raise ImproperlyConfigured(
                f'PAIRCHAT["AUTHENTICATION"]: {kind.__name__} reads what browsers send by themselves, also from pages '
                'of other sites. Name "django_pairchat.authentication.SessionAuthentication": it checks the origin.'
            )
        self._kind = kind

    def authenticate(self, request: HttpRequest) -> Any:
        """Return the user whom the framework finds, or ``None``. Raises ``Unauthenticated`` where it refuses."""
        # With USERSESSIONS_TRACK_ACTIVITY allauth would note an address of this request, which has none.
        setattr(request, NOTED_BY_ALLAUTH, _EachSession())
        try:
            found = self._kind().authenticate(Request(request))
        except (APIException, PermissionDenied):
            raise Unauthenticated from None
        return None if found is None else found[0]

    def challenge(self) -> str | None:
        """Return what the framework's class asks for."""
        asked: str | None = self._kind().authenticate_header(Request(HttpRequest()))
        return asked or None
