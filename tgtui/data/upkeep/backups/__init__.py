"""Backups of the catalogue: taken while programs work, checked before they replace anything."""
