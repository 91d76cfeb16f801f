"""Addresses of a storage that are signed for a short time: those of S3 and what speaks its language."""

from __future__ import annotations

from inspect import signature
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage

LIFETIME_SECONDS: Final = 300


def signs_urls(storage: Storage) -> bool:
    """Return whether ``url()`` of the storage is one of ``S3Storage`` of django-storages, and is set to sign."""
    if not getattr(storage, "querystring_auth", False):
        return False
    if getattr(storage, "custom_domain", None) and not getattr(storage, "cloudfront_signer", None):
        return False
    return {"parameters", "expire"} <= signature(storage.url).parameters.keys()


def signed_url(storage: Storage, name: str, content_type: str, disposition: str) -> str:
    """Return an address of a file for 5 minutes, which is answered with this type and ``Content-Disposition``.

    Raises ``ImproperlyConfigured`` for a storage that signs none.
    """
    if not signs_urls(storage):
        raise ImproperlyConfigured(
            f"{type(storage).__name__} signs no addresses as S3Storage of django-storages does. Override "
            'Policy.file_url(), or leave PAIRCHAT["REDIRECT_FILES"] out.'
        )
    parameters = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
    url: str = storage.url(name, parameters=parameters, expire=LIFETIME_SECONDS)  # type: ignore[call-arg]  # see above
    return url
