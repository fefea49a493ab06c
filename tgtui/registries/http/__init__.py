"""Requests, bounds, waits, and the cache of documents."""
