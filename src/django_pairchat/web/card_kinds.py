"""The kinds of cards that have a template: the files in the folders ``pairchat/kinds/`` of the templates."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.template import engines
from django.template.backends.django import DjangoTemplates

from ..protocol.content import is_card_kind

FOLDER = ("pairchat", "kinds")


def template_of(kind: str) -> str:
    return "/".join([*FOLDER, f"{kind}.html"])


def card_kinds() -> tuple[str, ...]:
    """Return the kinds of cards that pages show by a template. While ``DEBUG`` is on, a new file is found at once."""
    return _find() if settings.DEBUG else _known()


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    return _find()


def _find() -> tuple[str, ...]:
    names = {path.stem for folder in _folders() for path in folder.glob("*.html")}
    return tuple(sorted(filter(is_card_kind, names)))


def _folders() -> list[Path]:
    loaders = [
        loader
        for backend in engines.all()
        if isinstance(backend, DjangoTemplates)
        for loader in backend.engine.template_loaders
        if hasattr(loader, "get_dirs")
    ]
    return [Path(folder, *FOLDER) for loader in loaders for folder in loader.get_dirs()]


def _forget(*, setting: str, **_: Any) -> None:
    if setting in ("TEMPLATES", "INSTALLED_APPS"):
        _known.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_pairchat.card_kinds")
