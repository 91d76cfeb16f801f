from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Known by an e-mail address alone, as in cookiecutter-django."""

    name = models.CharField(blank=True, max_length=255)
    first_name = None
    last_name = None
    username = None
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = BaseUserManager()
