"""The tenants of the test project."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Site(TenantMixin):
    name: ClassVar[models.CharField[str, str]] = models.CharField(max_length=50)


class Domain(DomainMixin):
    pass
