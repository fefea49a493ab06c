"""The requests screen."""
