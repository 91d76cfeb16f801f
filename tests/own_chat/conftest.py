"""These tests are about the own models, so they are there only where the project has them."""

from django.conf import settings

collect_ignore_glob = [] if "tests.own_chat" in settings.INSTALLED_APPS else ["test_*.py"]
