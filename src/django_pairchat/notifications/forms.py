"""The form of a person's notification settings."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .notifiers import get_notifiers
from .people import Person

CHANNEL_PREFIX = "channel_"
TIME = forms.TimeInput(attrs={"class": "pc-input", "type": "time"}, format="%H:%M")
SELECT = forms.Select(attrs={"class": "pc-input"})


class SettingsForm(forms.Form):
    """One switch for each channel, and the choices that hold for all of them."""

    archived = forms.BooleanField(label=_("Tell me about archived chats, too"), required=False)
    quiet_from = forms.TimeField(label=_("Quiet hours begin"), required=False, widget=TIME)
    quiet_until = forms.TimeField(label=_("Quiet hours end"), required=False, widget=TIME)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, widget=SELECT)
    language = forms.ChoiceField(label=_("Language of notifications"), required=False, widget=SELECT)

    def __init__(self, person: Person, data: Any = None) -> None:
        self.channels = {CHANNEL_PREFIX + each.channel: each for each in get_notifiers()}
        row = person.settings
        initial = {
            **{name: person.wants(each.channel) for name, each in self.channels.items()},
            **{name: getattr(row, name) for name in self.base_fields},
        }
        super().__init__(data, initial=initial, auto_id="pc-%s")
        switches = {name: forms.BooleanField(label=each.label, required=False) for name, each in self.channels.items()}
        self.fields = {**switches, **self.fields}
        site = ("", gettext("As the site"))
        self._choose("time_zone", [site, *((name, name) for name in sorted(available_timezones()))])
        self._choose("language", [site, *settings.LANGUAGES])

    def _choose(self, name: str, choices: Any) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @property
    def switches(self) -> list[Any]:
        """The fields of the channels, for the template."""
        return [self[name] for name in self.channels]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if (values.get("quiet_from") is None) != (values.get("quiet_until") is None):
            raise forms.ValidationError(_("Enter both times of the quiet hours, or neither."))
        return values

    def changes(self) -> dict[str, Any]:
        """Return the values as ``change_notification_settings()`` takes them."""
        values = self.cleaned_data
        start, end = values["quiet_from"], values["quiet_until"]
        return {
            "channels": {each.channel: values[name] for name, each in self.channels.items()},
            "archived": values["archived"],
            "quiet": None if start is None else (start, end),
            "time_zone": values["time_zone"],
            "language": values["language"],
        }
