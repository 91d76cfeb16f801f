"""Two views that send a message as the signed-in user: one synchronous, one asynchronous."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from django_pairchat import services


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    room = services.get_room(request.user, request.POST["room"])
    services.send(room, request.user, request.POST["text"])
    return HttpResponse(status=204)


@require_POST
async def asay(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    room = await sync_to_async(services.get_room)(user, request.POST["room"])
    await services.asend(room, user, request.POST["text"])
    return HttpResponse(status=204)
