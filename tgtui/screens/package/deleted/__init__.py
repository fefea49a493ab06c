"""The screen of deleted packages."""
