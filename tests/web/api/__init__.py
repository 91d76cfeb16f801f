"""The HTTP twins of the requests."""
