"""The pages as a browser without JavaScript gets them, and the template tags."""
