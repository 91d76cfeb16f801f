"""People as notifications see them: their switches, language, time zone and quiet hours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import trans_real

from ..core.access import database
from ..policy import get_policy
from ..utils.time_zones import find_zone
from .conf import conf
from .models import NotificationSettings


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and the choices that this user or the host has made about notifications."""

    user: Any
    settings: NotificationSettings

    @property
    def language(self) -> str:
        """The code of the language in which to write to this person."""
        wanted = self.settings.language or get_policy().language(self.user) or settings.LANGUAGE_CODE
        try:
            return trans_real.get_supported_language_variant(wanted)
        except LookupError:
            return settings.LANGUAGE_CODE

    @property
    def time_zone(self) -> ZoneInfo:
        for name in (self.settings.time_zone, get_policy().time_zone(self.user), settings.TIME_ZONE):
            if zone := find_zone(name or ""):
                return zone
        return ZoneInfo("UTC")

    def wants(self, channel: str) -> bool:
        """Return whether this channel is on, by the person's switch, else by the policy, else by the setting."""
        switch = self.settings.channels.get(channel)
        if switch is None:
            switch = get_policy().notifies(self.user, channel)
        return channel in conf.on_by_default if switch is None else bool(switch)

    def quiet_until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that this moment falls into, ``None`` outside of them."""
        start, end = self.settings.quiet_from, self.settings.quiet_until
        if start is None or end is None or start == end:
            return None
        local = now.astimezone(self.time_zone)
        clock = local.time()
        is_quiet = start <= clock < end if start < end else clock >= start or clock < end
        if not is_quiet:
            return None
        day = local.date() if clock < end else local.date() + timedelta(days=1)
        return datetime.combine(day, end, tzinfo=self.time_zone).astimezone(UTC)

    def speaking(self) -> Any:
        """Return a context manager in which texts are in this person's language."""
        return translation.override(self.language)

    def at_home(self) -> Any:
        """Return a context manager in which times are in this person's time zone."""
        return timezone.override(self.time_zone)


def people(users: Collection[Any]) -> dict[Any, Person]:
    """Return a :class:`Person` for each user by key, in one query."""
    found = NotificationSettings.objects.using(database()).in_bulk([user.pk for user in users])
    return {user.pk: Person(user, found.get(user.pk) or NotificationSettings(user=user)) for user in users}
