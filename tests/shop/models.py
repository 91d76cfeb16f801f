"""Things that people chat about."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language


class Page(models.Model):
    """As in a content management system: no ``get_absolute_url()``, but ``get_url()``."""

    title = models.CharField(max_length=100)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.title

    def get_url(self, request: object = None) -> str | None:
        return f"/pages/{self.pk}/" if self.title != "unpublished" else None


class Article(Page):
    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return f"Article: {self.title}"


class Review(Article):
    class Meta:
        app_label = "shop"


class PinnedArticle(Article):
    class Meta:
        app_label = "shop"
        proxy = True


class Leaflet(Page):
    """With a key of its own beside that of the page."""

    number = models.BigAutoField(primary_key=True)
    page = models.OneToOneField(Page, models.CASCADE, parent_link=True)

    class Meta:
        app_label = "shop"


class Product(models.Model):
    """With a title in two languages, and a page in both."""

    english = models.CharField(max_length=100)
    korean = models.CharField(max_length=100)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.korean if get_language() == "ko" else self.english

    def get_absolute_url(self) -> str:
        return f"{reverse('product', args=[self.pk])}?from=chat#offer"


class Bookmark(models.Model):
    url = models.CharField(max_length=200)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return f"Bookmark {self.pk}"
