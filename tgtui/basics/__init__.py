"""What the whole program stands on: errors, time, text, settings. Imports nothing else of tgtui."""
