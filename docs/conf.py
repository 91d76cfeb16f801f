"""How Sphinx builds these pages."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Any, ClassVar

import django
from django.conf import settings
from docutils import nodes
from docutils.parsers.rst import Directive

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
html_static_path = ["static"]
html_css_files = ["gallery.css"]


class Screenshot(Directive):
    """Shows one page of the example as ``docs/screenshots/make.py`` has taken it: each form in the reader's colours.

    Its argument is the beginning of the files' names, its text the description.
    """

    required_arguments = 1
    has_content = True
    forms: ClassVar[dict[str, str]] = {
        "desktop": "desktop, English",
        "phone-ko": "phone, Korean",
        "phone-ar": "phone, Arabic",
    }

    def run(self) -> list[Any]:
        description = " ".join(self.content)
        return [nodes.container("", *self._images(description), classes=["gallery"])]

    def _images(self, description: str) -> list[Any]:
        return [
            nodes.image(
                uri=f"../screenshots/{self.arguments[0]}-{form}-{scheme}.webp",
                alt=f"{description} ({words})",
                classes=[f"only-{scheme}", f"gallery-{form}"],
            )
            for form, words in self.forms.items()
            for scheme in ("light", "dark")
        ]


def setup(app: Any) -> None:
    app.add_directive("screenshot", Screenshot)
