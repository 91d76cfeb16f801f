"""A project with django-tenants: each tenant has people, sessions and a chat of its own."""

from __future__ import annotations

from tests.settings.base import *
from tests.settings.databases import database

DATABASES = {"default": {**database("postgres"), "ENGINE": "django_tenants.postgresql_backend"}}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SHARED_APPS = ["django_tenants", "tests.tenants.sites", "django.contrib.contenttypes"]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django_pairchat",
    "django_pairchat.default",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "sites.Site"
TENANT_DOMAIN_MODEL = "sites.Domain"
ROOT_URLCONF = "tests.tenants.urls"
MIDDLEWARE = [
    "django_tenants.middleware.main.TenantMainMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
MIGRATION_MODULES = {"sites": None}
PAIRCHAT = {**PAIRCHAT, "TENANCY": "django_pairchat.tenancy.DjangoTenants"}
