"""The storage of messages' files, and the names of files in it."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone

from .. import tenancy
from ..conf import conf

UPLOADS_FOLDER: Final = "pairchat"
TENANTS_FOLDER: Final = f"{UPLOADS_FOLDER}/tenants"


class MissingStorage(Storage):
    """Stand-in for an alias that is not in ``STORAGES``, so that the models load and the system check can report it."""

    def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ImproperlyConfigured(f'PAIRCHAT["STORAGE"] is {conf.storage!r}, which is not in STORAGES.')

    _open = _save = delete = exists = listdir = size = url = get_modified_time = _fail


def attachment_storage() -> Storage:
    return storages[conf.storage] if conf.storage in storages.backends else MissingStorage()


def attachment_path(message: models.Model | None, filename: str) -> str:
    """Return a random name, so that the sender's file name does not reach the storage."""
    return f"{uploads_folder()}/{timezone.now():%Y/%m}/{uuid.uuid4().hex}"


def uploads_folder() -> str:
    """Return the folder of the uploads. Each tenant has one, so that none takes another's files for forgotten ones."""
    tenant = tenancy.folder()
    return f"{TENANTS_FOLDER}/{tenant}" if tenant else UPLOADS_FOLDER
