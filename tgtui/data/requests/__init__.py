"""The queue as people use it: ask, follow, cancel, retry, list."""
