"""Not public API. What a person sees over HTTP: pages, forms, the JSON endpoints, files."""
