"""The tags screen."""
