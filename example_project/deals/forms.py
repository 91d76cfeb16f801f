"""The forms to make an offer, to suggest a meeting, and to answer an offer with another price."""

from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HIGHEST_PRICE = 100_000_000


class PriceForm(forms.Form):
    """A price in won."""

    price = forms.IntegerField(label=gettext_lazy("Price in won"), min_value=1, max_value=HIGHEST_PRICE)


class OfferForm(PriceForm):
    """A price, and the id of the offer that it makes."""

    offer = forms.UUIDField(widget=forms.HiddenInput)


class MeetingForm(forms.Form):
    """A time and a place, and the id of the meeting that they make."""

    meeting = forms.UUIDField(widget=forms.HiddenInput)
    at = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    place = forms.CharField(label=gettext_lazy("Place"), max_length=100)

    def __init__(self, *args: Any, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["at"].help_text = _("Time zone: %(zone)s") % {"zone": zone}

    def full_clean(self) -> None:
        """Read the time in the time zone that the form names."""
        with timezone.override(self.zone):
            super().full_clean()

    def clean_at(self) -> Any:
        """Refuse a time that has passed."""
        at: datetime = self.cleaned_data["at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("Choose a time to come."))
        return at
