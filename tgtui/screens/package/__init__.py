"""The package screen."""
