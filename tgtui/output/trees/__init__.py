"""A dependency tree in one format a file."""
