"""The library beside real packages of others, which read its documents, keep its files or change its requests."""
