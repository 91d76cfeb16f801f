"""Proofs within the addresses of files, for elements such as ``<img>``, which send no headers."""

from __future__ import annotations

from typing import Final

from django.core.signing import BadSignature, TimestampSigner

from ..exceptions import Unauthenticated
from .base import Credentials
from .kept import find, keep

LIFETIME_SECONDS: Final = 300
PARAMETER: Final = "proof"
"""The name of the proof in the query string."""
KIND: Final = "files"
SALT: Final = "django_pairchat.file_proof"
NO_ORIGIN: Final = ""


class FileProofs:
    """Makes proofs for one person, each for one address of a file and for 5 minutes."""

    def __init__(self, credentials: Credentials) -> None:
        """Keep what has proved the person in the cache. The proofs last no longer than that does."""
        self._secret = keep(KIND, credentials, NO_ORIGIN, LIFETIME_SECONDS)

    def for_path(self, path: str) -> str:
        """Return the value of ``proof`` for this path."""
        return _signer(path).sign(self._secret)


def read_file_proof(proof: str, path: str) -> Credentials:
    """Return the credentials for which this proof for this path was made.

    Raises ``Unauthenticated`` for one that is forged, too old, or for another path, and if the headers for which it was
    given prove nobody any more.
    """
    try:
        secret = _signer(path).unsign(proof, max_age=LIFETIME_SECONDS)
    except BadSignature:
        raise Unauthenticated from None
    return find(KIND, secret, NO_ORIGIN)


def _signer(path: str) -> TimestampSigner:
    return TimestampSigner(salt=f"{SALT}:{path}")
