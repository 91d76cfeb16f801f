"""The chat behind Wagtail's catch-all, where nobody finds it."""

from .urls import urlpatterns as right

*others, chat, pages = right
urlpatterns = [*others, pages, chat]
