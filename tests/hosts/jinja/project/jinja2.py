from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, pass_context

from django_pairchat.templatetags import pairchat


def environment(**options):
    env = Environment(**options)
    env.globals.update(
        static=static,
        url=reverse,
        pairchat_button=pass_context(pairchat.pairchat_button),
        pairchat_unread=pass_context(pairchat.pairchat_unread),
        pairchat_assets=pass_context(pairchat.pairchat_assets),
    )
    return env
