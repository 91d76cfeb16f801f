"""The settings of the app in ``settings.PAIRCHAT``: their names, types and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.functional import cached_property

SETTING: Final = "PAIRCHAT"
SEND: Final = "send"
REFUSED: Final = "refused"
UPLOAD: Final = "upload"
UPLOAD_BYTES: Final = "upload_bytes"
DOWNLOAD: Final = "download"
TICKET: Final = "ticket"
PREFERENCES: Final = "preferences"
_MIB: Final = 1024 * 1024

DEFAULT_RATES: Final[dict[str, tuple[int, int]]] = {
    REFUSED: (1200, 400),
    "react": (240, 120),
    "delete": (240, 120),
    "settings": (240, 120),
    "open": (120, 120),
    "report": (30, 20),
    "read": (1200, 400),
    "delivered": (600, 200),
    "typing": (300, 60),
    "focus": (600, 200),
    "ping": (600, 200),
    "history": (1200, 400),
    "sync": (1200, 400),
    "inbox": (1200, 400),
    "search": (180, 100),
    "star": (240, 120),
    "stars": (600, 200),
    UPLOAD: (120, 60),
    UPLOAD_BYTES: (_MIB // 2, 500 * _MIB),
    DOWNLOAD: (1800, 600),
    TICKET: (120, 60),
    PREFERENCES: (30, 20),
}
"""How often one person may do each thing, per minute and at once. The limits are far above manual use."""

DEFAULTS: Final[dict[str, Any]] = {
    "POLICY": "django_pairchat.policy.Policy",
    "CONSUMER": "django_pairchat.consumers.ChatConsumer",
    "AUTHENTICATION": ["django_pairchat.authentication.SessionAuthentication"],
    "WEBSOCKET_PATH": "/ws/pairchat/",
    "STORAGE": "default",
    "SENDFILE_HEADER": None,
    "SENDFILE_PREFIX": "/protected/",
    "REDIRECT_FILES": False,
    "SENDS_PER_MINUTE": 100,
    "SEND_BURST": 20,
    "RATES": {},
    "NEW_ROOMS_PER_DAY": 100,
    "UPLOAD_BYTES_PER_DAY": 1024 * _MIB,
    "SOCKETS_PER_USER": 10,
    "NAMESPACE": "",
    "TENANCY": None,
    "FORM_CLASSES": {},
    "SERVE_SCHEMA": False,
    "ATTENTION": ["title", "app_badge", "icon", "sound", "notification"],
}
ATTENTION: Final = ("title", "app_badge", "icon", "drawn_icon", "sound", "notification")
"""The means by which an open page may draw attention to new messages."""
ROOM_MODEL_SETTING: Final = "PAIRCHAT_ROOM_MODEL"
MESSAGE_MODEL_SETTING: Final = "PAIRCHAT_MESSAGE_MODEL"
STAR_MODEL_SETTING: Final = "PAIRCHAT_STAR_MODEL"
PREFERENCES_MODEL_SETTING: Final = "PAIRCHAT_PREFERENCES_MODEL"
QUICK_REPLY_MODEL_SETTING: Final = "PAIRCHAT_QUICK_REPLY_MODEL"
MODEL_SETTINGS: Final = (
    *(ROOM_MODEL_SETTING, MESSAGE_MODEL_SETTING, STAR_MODEL_SETTING),
    *(PREFERENCES_MODEL_SETTING, QUICK_REPLY_MODEL_SETTING),
)
DEFAULT_MESSAGE_MODEL: Final = "pairchat.Message"
DEFAULT_STAR_MODEL: Final = "pairchat.Star"
DEFAULT_PREFERENCES_MODEL: Final = "pairchat.Preferences"
DEFAULT_QUICK_REPLY_MODEL: Final = "pairchat.QuickReply"


class Rate(NamedTuple):
    """A limit of ``per_minute`` requests per minute, and ``burst`` requests at once after a pause."""

    per_minute: int
    burst: int


class AppSettings:
    """The settings of one app: a dictionary of the host's, over their defaults."""

    setting: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]]

    @property
    def user_settings(self) -> Mapping[str, Any]:
        """The host's setting, unchanged. The checks of the app validate it."""
        given = getattr(settings, self.setting, None)
        return given if isinstance(given, Mapping) else {}

    def _value(self, name: str) -> Any:
        return self.user_settings.get(name, self.defaults[name])


class Conf(AppSettings):
    """One property per setting, with the type that the rest of the app relies on.

    Settings that every send needs are cached: reading Django's lazy settings took 7 % of the time of a send.
    """

    setting = SETTING
    defaults = DEFAULTS

    @cached_property
    def user_settings(self) -> Mapping[str, Any]:
        return super().user_settings

    def clear_cache(self, *, setting: str, **kwargs: Any) -> None:
        """Clear the cache when one of our settings changes (``override_settings``)."""
        if setting in (SETTING, *MODEL_SETTINGS):
            self.__dict__.clear()

    @cached_property
    def room_model(self) -> str:
        """``app_label.Model`` of the rooms."""
        return str(getattr(settings, ROOM_MODEL_SETTING, "pairchat.Room"))

    @cached_property
    def message_model(self) -> str:
        """``app_label.Model`` of the messages."""
        return str(getattr(settings, MESSAGE_MODEL_SETTING, DEFAULT_MESSAGE_MODEL))

    @cached_property
    def star_model(self) -> str | None:
        """``app_label.Model`` of the stars. ``None`` if the host has messages of its own and no stars."""
        return self._optional_model(STAR_MODEL_SETTING, DEFAULT_STAR_MODEL)

    @cached_property
    def preferences_model(self) -> str | None:
        """``app_label.Model`` of people's own switches. ``None`` if the host has own messages and no switches."""
        return self._optional_model(PREFERENCES_MODEL_SETTING, DEFAULT_PREFERENCES_MODEL)

    @cached_property
    def quick_reply_model(self) -> str | None:
        """``app_label.Model`` of saved texts. ``None`` if the host has messages of its own and no such texts."""
        return self._optional_model(QUICK_REPLY_MODEL_SETTING, DEFAULT_QUICK_REPLY_MODEL)

    def _optional_model(self, setting: str, default: str) -> str | None:
        if setting in self.named_models:
            return str(getattr(settings, setting))
        return default if self.message_model.lower() == DEFAULT_MESSAGE_MODEL.lower() else None

    @cached_property
    def named_models(self) -> frozenset[str]:
        """The settings by which the host names a model. An app with the ready-made tables may have none of them."""
        return frozenset(setting for setting in MODEL_SETTINGS if getattr(settings, setting, None))

    @cached_property
    def policy(self) -> str:
        """The dotted path of the host's policy class. ``policy.get_policy()`` creates its instance."""
        return str(self._value("POLICY"))

    @cached_property
    def consumer(self) -> str:
        """The dotted path of the consumer class behind the socket route. ``routing.get_consumer()`` imports it."""
        return str(self._value("CONSUMER"))

    @cached_property
    def authentication(self) -> tuple[str, ...]:
        """The dotted paths of the ways to sign in. ``authentication.get_authentications()`` imports them."""
        return tuple(self._value("AUTHENTICATION"))

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
    def redirect_files(self) -> bool:
        """Return whether browsers are redirected to the storage for files."""
        return bool(self._value("REDIRECT_FILES"))

    @property
    def sends_per_minute(self) -> int:
        """How many messages one user may send in a minute, over all sockets and workers."""
        return int(self._value("SENDS_PER_MINUTE"))

    @property
    def send_burst(self) -> int:
        """How many messages one user may send at once."""
        return int(self._value("SEND_BURST"))

    @cached_property
    def rates(self) -> Mapping[str, Rate | None]:
        """The limit of each kind of request for one user, over all sockets and workers. ``None`` is no limit."""
        given = {**DEFAULT_RATES, **self._value("RATES")}
        rates = {kind: None if rate is None else Rate(*rate) for kind, rate in given.items()}
        return {**rates, SEND: Rate(self.sends_per_minute, self.send_burst)}

    @property
    def new_rooms_per_day(self) -> int | None:
        """How many conversations one user may begin in a day. ``None`` is no limit."""
        number: int | None = self._value("NEW_ROOMS_PER_DAY")
        return number

    @property
    def upload_bytes_per_day(self) -> int | None:
        """How many bytes of files one user may upload in a day. ``None`` is no limit."""
        number: int | None = self._value("UPLOAD_BYTES_PER_DAY")
        return number

    @property
    def sockets_per_user(self) -> int:
        """How many sockets one user may have open. One more closes the oldest."""
        return int(self._value("SOCKETS_PER_USER"))

    @property
    def namespace(self) -> str:
        """A text that distinguishes this installation from others with the same ``SECRET_KEY``."""
        return str(self._value("NAMESPACE"))

    @cached_property
    def tenancy(self) -> str | None:
        """Return the dotted path of the host's tenancy, or ``None``. ``tenancy.tenancy()`` creates its instance."""
        path: str | None = self._value("TENANCY")
        return path

    @property
    def form_classes(self) -> Mapping[str, str]:
        """The dotted paths of the host's own forms, by kind. ``forms.get_form_class()`` imports them."""
        own: Mapping[str, str] = self._value("FORM_CLASSES")
        return own

    @property
    def serve_schema(self) -> bool:
        """Return whether the OpenAPI document of the HTTP endpoints is served."""
        return bool(self._value("SERVE_SCHEMA"))

    @property
    def attention(self) -> tuple[str, ...]:
        """By which of ``ATTENTION`` an open page draws attention to new messages."""
        return tuple(self._value("ATTENTION"))


conf = Conf()
setting_changed.connect(conf.clear_cache, dispatch_uid="django_pairchat.conf")
