"""Pictures of how the chat is used, in the admin: an optional app."""
