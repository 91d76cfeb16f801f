"""System checks, which report mistakes in a host's configuration before they reach a user.

An id stands for one kind of mistake and never changes its meaning. Errors stop ``manage.py``. A warning that does not
apply is silenced with ``SILENCED_SYSTEM_CHECKS``. Only ``check --deploy`` runs the last group.

=============  =========================================================================================
pairchat.E001  ``PAIRCHAT`` is not a dictionary
pairchat.E002  ``PAIRCHAT`` has a name that does not exist
pairchat.E003  ``POLICY`` does not lead to a subclass of ``Policy``
pairchat.E004  ``CONSUMER`` does not lead to a subclass of ``ChatConsumer``
pairchat.E005  ``WEBSOCKET_PATH`` or ``SENDFILE_PREFIX`` is not a path with a slash on both ends
pairchat.E006  ``STORAGE`` is not an alias in ``STORAGES``
pairchat.E007  a number is not a whole number of 1 or more
pairchat.E008  ``SENDFILE_HEADER`` is not a header that a web server understands
pairchat.E009  ``RATES`` has a kind that does not exist, or a value that is not two whole numbers of 1 or more
pairchat.E010  the room model has lost unique constraints of ``AbstractRoom``
pairchat.E011  the message model has lost unique constraints of ``AbstractMessage``
pairchat.E012  ``PAIRCHAT_ROOM_MODEL`` or another ``PAIRCHAT_…_MODEL`` is not ``"app_label.Model"``
pairchat.E013  one of them names a model that is not installed
pairchat.E014  one of them names a model that does not inherit from the abstract one
pairchat.E015  only one of rooms and messages is set
pairchat.E016  the messages belong to another model than that of the rooms
pairchat.E017  a host's own column in one of them has no default, but the library inserts rows without it
pairchat.E018  ``NAMESPACE`` is not a text
pairchat.E019  ``FORM_CLASSES`` has a kind that does not exist, or a path that does not lead to a subclass of that form
pairchat.E020  ``django_pairchat.default`` is installed without ``django_pairchat``
pairchat.E021  an app that the chat builds on is not installed
pairchat.E022  the channel layer cannot be imported
pairchat.E023  the channel layer cannot be created
pairchat.E024  the default cache cannot be created
pairchat.E025  the policy cannot be created
pairchat.E026  ``ATTENTION`` is not a list of its names
pairchat.E027  AUTHENTICATION is not a list of dotted paths, or one of them leads to no way to sign in
pairchat.E028  ``REDIRECT_FILES`` or ``SERVE_SCHEMA`` is neither ``True`` nor ``False``
pairchat.E029  ``REDIRECT_FILES`` is on, but the storage signs no addresses
pairchat.E030  the model of stars has lost unique constraints of ``AbstractStar``
pairchat.E031  ``TENANCY`` does not lead to a subclass of ``Tenancy``
pairchat.E032  django-tenants is installed without ``TENANCY``
pairchat.W001  a setting looks like one of the chat's, but is not read
pairchat.W002  ``django_pairchat.default`` is installed, but other models are in use
pairchat.W003  a middleware that the pages need is missing
pairchat.W004  the URLs are not included anywhere
pairchat.W005  database connections are kept open without health checks
pairchat.W006  the pool of database connections is too small
pairchat.W007  another view answers at an address of the chat
pairchat.W008  ``LOGIN_URL`` leads to no page
pairchat.W009  pictures are offered, but Pillow is not installed
pairchat.W014  attachments are kept where anybody may read them, or in the source tree
pairchat.W015  several processes are configured, but no channel layer for them
pairchat.I001  the pages of the chat stand outside the frame of the site
pairchat.W010  deployment: no channel layer
pairchat.W011  deployment: the channel layer lives in the memory of one process
pairchat.W012  deployment: a channel layer for several processes, but a cache for one
pairchat.W013  deployment: the default cache stores nothing
=============  =========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.core import checks

from .addresses import check_login_page, check_urls
from .common import Check
from .database import check_connections, check_pool
from .files import check_pictures, check_redirects, check_storage
from .models import check_models
from .processes import (
    check_cache,
    check_channel_layer,
    check_configured_processes,
    check_making_the_cache,
    check_several_processes,
)
from .project import check_apps, check_frame, check_middleware, check_tenants
from .settings import check_settings

TAG: Final = "pairchat"

ALWAYS: Final[Sequence[Check]] = (
    check_settings,
    check_models,
    check_apps,
    check_middleware,
    check_tenants,
    check_urls,
    check_login_page,
    check_frame,
    check_pictures,
    check_storage,
    check_redirects,
    check_connections,
    check_pool,
    check_channel_layer,
    check_configured_processes,
    check_making_the_cache,
)
WHEN_DEPLOYED: Final[Sequence[Check]] = (check_several_processes, check_cache)


def register() -> None:
    """Register all checks. Both apps call it, so that the second one can report that the first is missing."""
    for check in ALWAYS:
        checks.register(check, TAG)
    for check in WHEN_DEPLOYED:
        checks.register(check, TAG, deploy=True)
