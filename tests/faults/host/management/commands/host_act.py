"""`host_act WHAT USER …`: one act of the host's own code, in a process that serves nobody."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from django_pairchat import services
from tests.faults.host import tasks


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["say", "asay", "say_later", "new_password", "deactivate", "delete"])
        parser.add_argument("user")
        parser.add_argument("rest", nargs="*")

    def handle(self, *, what: str, user: str, rest: list[str], **options: object) -> None:
        getattr(self, what)(User.objects.get(pk=user), *rest)

    def say(self, user: User, room: str, text: str) -> None:
        services.send(services.get_room(user, room), user, text)

    def asay(self, user: User, room: str, text: str) -> None:
        asyncio.run(services.asend(services.get_room(user, room), user, text))

    def say_later(self, user: User, room: str, text: str) -> None:
        tasks.say(str(user.pk), room, text)

    def new_password(self, user: User, password: str) -> None:
        user.set_password(password)
        user.save()

    def deactivate(self, user: User) -> None:
        user.is_active = False
        user.save()

    def delete(self, user: User) -> None:
        user.delete()
