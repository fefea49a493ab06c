"""The terminal as the screens know it."""
