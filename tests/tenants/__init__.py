"""Two tenants of django-tenants on PostgreSQL, whose people have equal keys."""
