"""Lists of any length."""
