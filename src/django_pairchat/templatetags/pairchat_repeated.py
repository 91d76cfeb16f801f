"""Not public API. ``{% load pairchat_repeated %}``: see ``web/repeated.py``."""

from __future__ import annotations

from django import template

from ..web.repeated import parse_each, parse_once

register = template.Library()
register.tag("pairchat_once", parse_once)
register.tag("pairchat_each", parse_each)
