"""Every setting of the app: its name, type and default, as ``settings.PAIRCHAT`` says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.functional import cached_property
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from .policy import Policy

DEFAULTS: Final[dict[str, Any]] = {
    "POLICY": "django_pairchat.policy.Policy",
    "CONSUMER": "django_pairchat.consumers.ChatConsumer",
    "WEBSOCKET_PATH": "/ws/pairchat/",
    "STORAGE": "default",
    "SENDFILE_HEADER": None,
    "SENDFILE_PREFIX": "/protected/",
    "SENDS_PER_MINUTE": 100,
    "SEND_BURST": 20,
    "SOCKETS_PER_USER": 10,
}
ROOM_MODEL_SETTING: Final = "PAIRCHAT_ROOM_MODEL"
MESSAGE_MODEL_SETTING: Final = "PAIRCHAT_MESSAGE_MODEL"


@lru_cache(maxsize=8)
def _instance(dotted_path: str) -> Any:
    return import_string(dotted_path)()


class Conf:
    """One property per setting, with the type that the rest of the app relies on.

    What is asked for with every send is kept: asking Django's lazy settings for it took 7 % of the time of a send.
    """

    @cached_property
    def given(self) -> Mapping[str, Any]:
        """What the host wrote, as it is; ``checks.py`` says what is wrong with it."""
        given = getattr(settings, "PAIRCHAT", None)
        return given if isinstance(given, Mapping) else {}

    def forget(self, *, setting: str, **kwargs: Any) -> None:
        """Look at the settings again: a test has overridden this one."""
        if setting in ("PAIRCHAT", ROOM_MODEL_SETTING, MESSAGE_MODEL_SETTING):
            self.__dict__.clear()

    def _value(self, name: str) -> Any:
        return self.given.get(name, DEFAULTS[name])

    @cached_property
    def room_model(self) -> str:
        """``app_label.Model`` of the rooms."""
        return str(getattr(settings, ROOM_MODEL_SETTING, "pairchat.Room"))

    @cached_property
    def message_model(self) -> str:
        """``app_label.Model`` of the messages."""
        return str(getattr(settings, MESSAGE_MODEL_SETTING, "pairchat.Message"))

    @property
    def policy(self) -> Policy:
        """The host's decisions: one instance of ``PAIRCHAT["POLICY"]`` per process."""
        policy: Policy = _instance(self._value("POLICY"))
        return policy

    @property
    def consumer(self) -> Any:
        """The consumer class behind the socket route."""
        return import_string(self._value("CONSUMER"))

    @property
    def websocket_path(self) -> str:
        """The path of the socket, with a slash on both ends."""
        path = str(self._value("WEBSOCKET_PATH"))
        if not (path.startswith("/") and path.endswith("/")):
            raise ImproperlyConfigured('PAIRCHAT["WEBSOCKET_PATH"] must start and end with a slash.')
        return path

    @property
    def storage(self) -> str:
        """The alias in ``STORAGES`` under which attachments are kept."""
        return str(self._value("STORAGE"))

    @property
    def sendfile_header(self) -> str | None:
        """``"X-Accel-Redirect"`` (nginx) or ``"X-Sendfile"`` (Apache) to let the web server send files."""
        header: str | None = self._value("SENDFILE_HEADER")
        return header

    @property
    def sendfile_prefix(self) -> str:
        """The internal location under which nginx finds the storage."""
        return str(self._value("SENDFILE_PREFIX"))

    @property
    def sends_per_minute(self) -> int:
        """How many messages one user may send in a minute, over all sockets and workers."""
        return int(self._value("SENDS_PER_MINUTE"))

    @property
    def send_burst(self) -> int:
        """How many of them at once."""
        return int(self._value("SEND_BURST"))

    @property
    def sockets_per_user(self) -> int:
        """How many sockets one user may hold; the oldest goes when one more comes."""
        return int(self._value("SOCKETS_PER_USER"))


conf = Conf()
setting_changed.connect(conf.forget, dispatch_uid="django_pairchat.conf")
