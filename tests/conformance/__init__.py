"""A black-box suite for servers of `pairchat.v1`: see README.md."""
