"""What else ends an offer or a meeting: its post is deleted, or its card."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from posts.models import Post

from deals.actions import close
from deals.models import Meeting, Offer
from django_pairchat.base_models import AbstractMessage
from django_pairchat.signals import message_deleted


@receiver(pre_delete, sender=Post)
def post_deleted(instance: Post, **kwargs: Any) -> None:
    """Close what is open about a post that goes."""
    close(instance)


@receiver(message_deleted)
def card_deleted(message: AbstractMessage, **kwargs: Any) -> None:
    """Take back what a person has deleted from the chat."""
    Offer.objects.filter(card=message.pk, state=Offer.State.OPEN).update(state=Offer.State.WITHDRAWN)
    Meeting.objects.filter(card=message.pk, state=Meeting.State.OPEN).update(state=Meeting.State.CANCELLED)
