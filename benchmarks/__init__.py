"""How fast it is, against the consumer of a common tutorial, a published package, and a relay that stores nothing."""
