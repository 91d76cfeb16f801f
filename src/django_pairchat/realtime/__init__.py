"""Not public API. The connections of this process, and the events that cross processes."""
