"""Concrete models for hosts that need no fields of their own."""
