"""Optional app: keeps reports with their evidence, and lets moderators decide about them in the admin."""
