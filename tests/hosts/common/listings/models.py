from django.conf import settings
from django.db import models
from django.urls import reverse


class Listing(models.Model):
    """Something of an author that others ask about."""

    title = models.CharField(max_length=100)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("listing", args=[self.pk])
