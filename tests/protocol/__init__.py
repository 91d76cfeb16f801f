"""The wire protocol: what is read, what is refused, what is answered."""
