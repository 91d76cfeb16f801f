"""Delete what the tutorial's consumer has stored: it sends all of it again to every client that connects."""

from __future__ import annotations

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.site.settings")
    import django

    django.setup()
    from benchmarks.site.tutorial.models import ChatMessage

    ChatMessage.objects.all().delete()


if __name__ == "__main__":
    main()
