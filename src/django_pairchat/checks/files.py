"""Attachments: where they are kept, and whether pictures can be read."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, storages
from django.urls import get_script_prefix

from ..conf import conf
from ..core import images
from ..core.uploads import is_picture
from ..model_parts.signed_urls import signs_urls
from ..policy import Policy, get_policy

CHAT_STORAGE: Final = """{
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": BASE_DIR / "chat-files", "base_url": None},
}"""
ALL_STORAGES: Final = f"""STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    "chat": {indent(CHAT_STORAGE, "    ").lstrip()},
}}"""


def check_pictures(**kwargs: Any) -> list[CheckMessage]:
    if images.is_available() or not any(map(is_picture, _offered_types())):
        return []
    return [
        checks.Warning(
            "Pictures cannot be sent, because Pillow is not installed. The pages do not offer them.",
            hint='pip install "django-pairchat[images]", or leave pictures out of Policy.attachment_types.',
            id="pairchat.W009",
        )
    ]


def _offered_types() -> list[str]:
    try:
        return list(get_policy().attachment_types.values())
    except Exception:  # noqa: BLE001 - it is the host's, and another check tells what is wrong with it
        return []


def check_storage(**kwargs: Any) -> list[CheckMessage]:
    reason = exposure()
    if not reason:
        return []
    return [
        checks.Warning(
            f"Files of messages are kept {reason}.",
            hint="Give them a storage of their own, from which the chat serves them to the two people only. "
            f"At the end of the settings:\n{_storage_of_its_own()}",
            id="pairchat.W014",
        )
    ]


def _storage_of_its_own() -> str:
    """Return lines to paste: they add to what the settings say of ``STORAGES`` and ``PAIRCHAT`` already."""
    given = {name for name in ("PAIRCHAT", "STORAGES") if settings.is_overridden(name)}  # type: ignore[misc] # no setting
    storages = f'STORAGES["chat"] = {CHAT_STORAGE}' if "STORAGES" in given else ALL_STORAGES
    chosen = 'PAIRCHAT["STORAGE"] = "chat"' if "PAIRCHAT" in given else 'PAIRCHAT = {"STORAGE": "chat"}'
    return f"{storages}\n{chosen}"


def check_redirects(**kwargs: Any) -> list[CheckMessage]:
    storage = _storage()
    if not conf.redirect_files or storage is None or _overrides_file_url() or signs_urls(storage):
        return []
    return [
        checks.Error(
            f'PAIRCHAT["REDIRECT_FILES"] is on, but {type(storage).__name__} signs no addresses.',
            hint="Use S3Storage of django-storages with querystring_auth, override Policy.file_url(), "
            "or leave the setting out.",
            id="pairchat.E029",
        )
    ]


def _overrides_file_url() -> bool:
    try:
        return type(get_policy()).file_url is not Policy.file_url
    except Exception:  # noqa: BLE001 - it is the host's, and another check tells what is wrong with it
        return True


def exposure() -> str:
    """Return how the files of messages are exposed, an empty text if they are not, or if that cannot be known."""
    storage = _storage()
    if not isinstance(storage, FileSystemStorage) or not _has_place(storage) or not _offered_types():
        return ""
    if not storage.base_location or Path(storage.location) == Path.cwd():
        return "in the folder from which the server is started, because MEDIA_ROOT is empty"
    for name in ("MEDIA", "STATIC"):
        root, url = getattr(settings, f"{name}_ROOT"), str(getattr(settings, f"{name}_URL") or "")
        # Without an address of its own, which Django writes as the prefix of the site, nothing of the folder is served.
        if (
            root
            and url not in ("", "/", get_script_prefix())
            and Path(storage.location).resolve().is_relative_to(Path(root).resolve())
        ):
            return f"in {name}_ROOT, which sites serve to anybody under {url}"
    return ""


def _has_place(storage: Any) -> bool:
    # Static files without STATIC_ROOT have none, and are refused by Django itself.
    return storage.base_location is not None


def _storage() -> Any:
    try:
        return storages[conf.storage]
    except Exception:  # noqa: BLE001 - it is the host's, and another check tells what is wrong with it
        return None
