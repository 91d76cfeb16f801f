"""The socket, through the framework's own test client."""
