"""What one server process keeps in memory: who is connected, what waits to be written, what to tell the others."""
