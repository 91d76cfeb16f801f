"""The project of the example board: settings, URLs, the ASGI application."""
