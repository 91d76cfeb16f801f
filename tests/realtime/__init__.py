"""What one server process keeps in memory, when something around it fails."""
