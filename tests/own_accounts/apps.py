"""The app of the test project's own users."""

from django.apps import AppConfig


class OwnAccountsConfig(AppConfig):
    name = "tests.own_accounts"
    label = "own_accounts"
