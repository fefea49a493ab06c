"""The database itself: connections, types, dialects, the change feed."""
