"""The services: every act on rooms and messages, on either settings and every database."""
