"""`manage.py tend_deals`: for cron, every few minutes."""

from django.core.management.base import BaseCommand

from deals.actions import expire_offers, remind_of_meetings


class Command(BaseCommand):
    """Let offers expire, and remind of meetings that are near. Repeating it changes nothing."""

    help = "Let the cards of offers say that their time is over, and remind of meetings within the next three hours."

    def handle(self, **options: object) -> None:
        """Do both, and say how many there were."""
        expired, reminded = expire_offers(), remind_of_meetings()
        self.stdout.write(f"{expired} offers expired, {reminded} reminders written.")
