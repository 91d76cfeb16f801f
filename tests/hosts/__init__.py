"""Small projects of other kinds, each with the chat as the documentation says, tried in a browser."""
