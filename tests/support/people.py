"""People and things to talk about, on either user model."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

_numbers = itertools.count(1)


def make_user(name: str, **fields: Any) -> Any:
    """Somebody whose profile, by the policy of either settings, has this name."""
    model = get_user_model()
    number = next(_numbers)
    if model.USERNAME_FIELD == "email":
        return model.objects.create_user(email=f"person{number}@example.com", display_name=name, **fields)
    return model.objects.create_user(username=f"person{number}", first_name=name, **fields)


def make_topic(title: str = "Lost: red wallet") -> Group:
    """Any model's instance can be what a room is about; groups are there on either settings."""
    return Group.objects.create(name=f"{title} {next(_numbers)}")
