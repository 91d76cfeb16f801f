"""Optional app: messages that wait until the host has decided about them."""
