"""Chat as tutorials write it: a query or two per frame in the shared thread, the whole history on each connect."""
