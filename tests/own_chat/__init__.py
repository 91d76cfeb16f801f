"""A host's own chat: tables with UUID keys and columns of its own, its policy, its consumer."""
