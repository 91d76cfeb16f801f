"""The forms of a device: what a browser says about its push subscription."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from .subscriptions import ENDPOINT_LENGTH, LABEL_LENGTH

KEY_LENGTH: Final = 100
AUTH_LENGTH: Final = 40


class DeviceForm(forms.Form):
    """A subscription of a browser."""

    endpoint = forms.CharField(max_length=ENDPOINT_LENGTH)
    p256dh = forms.CharField(max_length=KEY_LENGTH)
    auth = forms.CharField(max_length=AUTH_LENGTH)
    label = forms.CharField(required=False)

    def clean_label(self) -> str:
        return " ".join(str(self.cleaned_data["label"]).split())[:LABEL_LENGTH]

    @property
    def subscription(self) -> dict[str, Any]:
        """Return what ``add_device()`` takes of it."""
        return {name: self.cleaned_data[name] for name in ("endpoint", "p256dh", "auth")}


class EndpointForm(forms.Form):
    """The address of a subscription that ends."""

    endpoint = forms.CharField(max_length=ENDPOINT_LENGTH)


class ReplacedForm(DeviceForm):
    """A subscription that took the place of another one."""

    old = forms.CharField(max_length=ENDPOINT_LENGTH)
