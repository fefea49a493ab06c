"""Registries with one index: fetched whole, kept in a file, answered from it."""
