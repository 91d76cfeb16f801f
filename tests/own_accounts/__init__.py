"""A user model unlike Django's: signs in by e-mail, has a UUID for a key, and no user name."""
