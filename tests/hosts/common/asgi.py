from django.core.asgi import get_asgi_application

from django_pairchat.asgi import with_chat

application = get_asgi_application()
application = with_chat(application)
