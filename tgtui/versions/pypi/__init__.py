"""Python's versions and names, as pip has them."""
