"""Imports a whole index into the catalogue."""
