"""Migrating, seeding, and what is kept beside the catalogue."""
