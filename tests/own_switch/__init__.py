"""A project that moves from the shipped tables to its own."""
