"""Authentication by a session of the site, or by what a program sends with each request and each socket."""

from .base import Authentication, BearerAuthentication, Credentials, SessionAuthentication
from .registry import accepts_sessions, challenge, credentials_of, get_authentications, takes_headers

__all__ = [
    "Authentication",
    "BearerAuthentication",
    "Credentials",
    "SessionAuthentication",
    "accepts_sessions",
    "challenge",
    "credentials_of",
    "get_authentications",
    "takes_headers",
]
