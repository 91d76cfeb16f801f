"""The board: what somebody has lost or found."""
