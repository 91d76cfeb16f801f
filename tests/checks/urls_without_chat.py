"""A project whose author forgot to include the chat."""

urlpatterns: list[object] = []
