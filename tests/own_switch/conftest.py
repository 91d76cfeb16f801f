"""The project that switches has settings of its own: once per database is enough."""

from django.conf import settings

collect_ignore_glob = ["test_*.py"] if "tests.own_chat" in settings.INSTALLED_APPS else []
