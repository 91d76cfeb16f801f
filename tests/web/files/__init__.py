"""Photos and files: what is taken, what is kept of it, and who gets to see it."""
