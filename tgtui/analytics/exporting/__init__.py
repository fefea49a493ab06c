"""From the catalogue into tables: read once, joined while it streams, written by day."""
