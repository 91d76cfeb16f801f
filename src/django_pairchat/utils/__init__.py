"""Not public API. Threads, event loops and database connections; nothing here knows of chat."""
