"""The account and the login."""
