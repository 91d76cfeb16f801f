"""Views that answer in their own way what a middleware of the host would answer with its own page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]

logger = logging.getLogger("django.security.csrf")


def checks_by_itself(refuse_csrf: Callable[[HttpRequest], HttpResponse]) -> Callable[[View], View]:
    """Return a decorator for a view that looks after the login itself.

    ``LoginRequiredMiddleware`` leaves such a view alone: it would redirect a program, and a form whose text would be
    lost. The CSRF token is checked here, as Django checks it, and ``refuse_csrf`` answers where it is wrong.
    """

    class Check(CsrfViewMiddleware):
        # Django REST framework overrides the same method for the same purpose.
        def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
            response = refuse_csrf(request)
            # It marks the response as logged, so that Django does not log it again under "django.request".
            log_response("Forbidden (%s): %s", reason, request.path, response=response, request=request, logger=logger)
            return response

    check = decorator_from_middleware(Check)

    def decorate(view: View) -> View:
        return cast("View", login_not_required(csrf_exempt(check(view))))

    return decorate
