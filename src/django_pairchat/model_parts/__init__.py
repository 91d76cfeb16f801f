"""Not public API. The pieces of which ``base_models`` is made."""
