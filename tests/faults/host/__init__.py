"""The host's own code around the board: views, commands and a consumer that use the chat, or spoil it on purpose."""
