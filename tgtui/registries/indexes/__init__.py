"""Registries that are read as one index: fetched whole, kept in a file, answered from it."""
