"""The sign-up form."""

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.utils.translation import gettext_lazy as _


class SignUpForm(UserCreationForm):
    """Django's form for a new account, and the name that others see."""

    first_name = forms.CharField(label=_("Name shown to others"), max_length=150, required=False)

    class Meta(UserCreationForm.Meta):
        fields = ("username", "first_name")
