"""Work for the host's task queue, whose worker finds it here."""

from __future__ import annotations

from django.contrib.auth.models import User
from huey.contrib.djhuey import db_task

from django_pairchat import services


@db_task()
def say(user: str, room: str, text: str) -> None:
    sender = User.objects.get(pk=user)
    services.send(services.get_room(sender, room), sender, text)
