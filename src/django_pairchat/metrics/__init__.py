"""Metrics for Prometheus: an optional app, which needs the extra ``metrics``."""
