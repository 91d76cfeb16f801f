"""Optional app: tells people who are away about messages that they have not read."""
