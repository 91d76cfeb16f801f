"""The pages of the documentation, tried out."""
