"""The jsr registry."""
