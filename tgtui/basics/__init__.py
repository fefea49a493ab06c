"""What the whole program stands on: errors, time, text, settings. Knows nobody."""
