"""What people do in a browser, on the example board."""
