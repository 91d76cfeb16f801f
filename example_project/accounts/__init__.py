"""Signing up, in and out: no more than Django's own accounts."""
