"""Real server processes under faults: what was acknowledged is there, once, in order, and everybody sees the same."""
