"""`populate N KIND …`: N pairs of people with a room and a session each, and one more pair of each kind, described as
JSON on standard output. A person's name begins with their kind."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from django_pairchat import services
from tests.faults import triggers

BACKEND = "django.contrib.auth.backends.ModelBackend"
SESSION_SECONDS = 24 * 3600


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pairs", type=int)
        parser.add_argument("kinds", nargs="*")

    @transaction.atomic
    def handle(self, *, pairs: int, kinds: list[str], **options: object) -> None:
        batch = User.objects.count()
        names = [f"{kind}-{batch}" for kind in [*[triggers.ORDINARY] * pairs, *kinds] for _ in range(2)]
        users = User.objects.bulk_create(User(username=f"{name}-{number}") for number, name in enumerate(names))
        sessions = Session.objects.bulk_create(map(session_of, users))
        people = [
            {"user": str(user.pk), "name": user.username, "session": session.session_key}
            for user, session in zip(users, sessions, strict=True)
        ]
        described = [
            {
                "room": str(services.open_room(users[first], users[first + 1]).pk),
                "people": people[first : first + 2],
            }
            for first in range(0, len(users), 2)
        ]
        self.stdout.write(json.dumps(described))


def session_of(user: User) -> Session:
    """What logging in leaves in the database."""
    store = SessionStore()
    data = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return Session(
        session_key=f"faults{uuid.uuid4().hex[:26]}",
        session_data=store.encode(data),
        expire_date=timezone.now() + timedelta(seconds=SESSION_SECONDS),
    )
