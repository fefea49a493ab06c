"""The terminal: how it is given back, and what its bytes mean."""
