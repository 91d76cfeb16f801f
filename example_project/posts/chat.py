"""What the chat shows of a post, and how it learns of a change."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from django_pairchat import policy, services
from django_pairchat.policy import Topic, TopicState
from posts.models import Post


class Policy(policy.Policy):
    """A post has a drawing, its place, and whether it is lost, found, reserved or returned."""

    def topic(self, user: Any, topic: Model) -> Topic:
        """What both people see of a post; the board has no other topics."""
        if not isinstance(topic, Post):
            return super().topic(user, topic)
        return Topic(
            topic.title,
            topic.get_absolute_url(),
            image=topic.picture,
            subtitle=topic.place,
            state=TopicState(*topic.standing),
        )


@receiver([post_save, post_delete], sender=Post)
def tell_chats(instance: Post, **kwargs: Any) -> None:
    """Let open pages show the change, whoever made it: its author, or somebody in the admin."""
    services.touch_topic(instance)
