"""The guide on deployment, taken at its word: servers and containers run with the very text of the pages."""
