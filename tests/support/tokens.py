"""A host's own way to sign in: tokens that it hands out and takes back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import get_user_model

from django_pairchat.authentication import BearerAuthentication


class Tokens(BearerAuthentication):
    """Tokens by what a host might keep of them."""

    valid: ClassVar[dict[str, Any]] = {}

    def user_of(self, token: str) -> Any:
        """Return the user who has this token, as the database has them now."""
        return get_user_model().objects.filter(pk=self.valid.get(token)).first()


class Careless(Tokens):
    """A class that takes a token from a cookie too, as some do."""

    def authenticate(self, request: Any) -> Any:
        """Return the user of the header's token, or of the cookie's."""
        found = super().authenticate(request)
        return found or self.user_of(request.COOKIES.get("token", ""))


TOKENS_AND_SESSIONS = {
    "AUTHENTICATION": [f"{__name__}.Tokens", "django_pairchat.authentication.SessionAuthentication"],
}


def token_of(user: Any) -> str:
    """Hand out a token."""
    token = f"token-{user.pk}"
    Tokens.valid[token] = user.pk
    return token
