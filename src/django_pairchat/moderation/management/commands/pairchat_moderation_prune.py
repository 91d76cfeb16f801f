"""Removes decided cases after the time for which evidence is kept."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...services import expire_cases


class Command(BaseCommand):
    help = "Remove decided cases, their reports and their evidence after EVIDENCE_DAYS. Cases that are to be kept stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would go.")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = 0
        for count in expire_cases(dry_run=options["dry_run"]):
            removed += count
            if options["verbosity"] > 1:
                self.stdout.write(f"{removed} …")
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(f"{removed} cases {would}removed.")
