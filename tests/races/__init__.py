"""Threads that meet at a barrier, on PostgreSQL."""
