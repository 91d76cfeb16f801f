"""What this host decides: names from one query, a forbidden word, and people who read in private."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model

from django_pairchat.base_models import AbstractRoom
from django_pairchat.exceptions import Rejected
from django_pairchat.policy import Policy, Profile

FORBIDDEN_WORD = "counterfeit"


class OwnPolicy(Policy):
    def profiles(self, users: Collection[Any]) -> dict[Any, Profile]:
        keys = [user.pk for user in users]
        names = dict(get_user_model()._default_manager.filter(pk__in=keys).values_list("pk", "display_name"))
        return {user: Profile(names[user.pk], url=f"/people/{user.pk}/") for user in users if user.pk in names}

    def shows_read_marks(self, user: Any) -> bool:
        return not user.reads_in_private

    def check_content(self, user: Any, room: AbstractRoom, content: str) -> None:
        if FORBIDDEN_WORD in content.lower():
            raise Rejected
