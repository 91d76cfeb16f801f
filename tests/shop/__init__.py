"""Things of a host that people chat about: of models that inherit from each other, and in two languages."""
