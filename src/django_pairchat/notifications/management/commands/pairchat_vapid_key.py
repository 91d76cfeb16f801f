"""``manage.py pairchat_vapid_key``: make the key by which push services know this site."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from ...conf import SETTING, conf
from ...vapid import has_extra, is_real_subject, new_private_key

SETTINGS: Final = """\
The private key is a secret. Keep it where your SECRET_KEY is, such as in the environment of the server:

VAPID_PRIVATE_KEY={key}

Then add to your settings:

{setting} = {{
    ...
    "VAPID_PRIVATE_KEY": os.environ.get("VAPID_PRIVATE_KEY", ""),
    "VAPID_SUBJECT": "{subject}",
}}
"""


class Command(BaseCommand):
    help = "Makes a key for push messages and prints the settings to paste. It writes no file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--subject",
            default="",
            help="Whom push services may write to about your messages: your address as mailto:…, or an https: page.",
        )

    def handle(self, *args: Any, subject: str, **options: Any) -> None:
        if not has_extra():
            raise CommandError('Push messages need pywebpush: pip install "django-pairchat[webpush]"')
        if subject and not is_real_subject(subject):
            raise CommandError(f"Nobody can be reached at {subject!r}: give an address such as mailto:you@your-domain.")
        if conf.vapid_private_key:
            self.stderr.write(
                "There is a VAPID_PRIVATE_KEY already. With another one, each device gets messages again only after "
                "its person has visited the site."
            )
        subject = subject or conf.vapid_subject or "mailto:you@your-domain"
        self.stdout.write(SETTINGS.format(key=new_private_key(), setting=SETTING, subject=subject))
