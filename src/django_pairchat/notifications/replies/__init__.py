"""Replies by mail: the address that a mail invites to answer, and the way from a mail to a message."""
