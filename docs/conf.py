"""How Sphinx builds these pages."""

from __future__ import annotations

from importlib.metadata import version as version_of

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for the pages",  # noqa: S106 - it signs nothing
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django_pairchat",
        "django_pairchat.default",
        "django.contrib.admin",
        "django.contrib.messages",
        "django_pairchat.moderation",
        "django_pairchat.notifications",
        "django_pairchat.previews",
    ],
)
django.setup()

project = "django-pairchat"
author = "django-pairchat contributors"
copyright = author
release = version_of("django-pairchat")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc"]
# Tables that a page includes.
exclude_patterns = ["_build", "benchmarks/*.md"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "django-pairchat"
html_copy_source = False
html_show_sphinx = False
