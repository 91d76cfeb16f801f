"""Not public API.

What is allowed and what changed: rules, reading and serializing. Uses the database, knows no sockets and no HTML.
"""
