"""Packages side by side, and the list of comparisons that a person saved."""
