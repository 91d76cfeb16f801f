"""Not public API. One connection and its parts: handshake, incoming and outgoing frames, calls of hooks, closing."""
