"""What the system checks say of a project, and what they keep silent about."""
