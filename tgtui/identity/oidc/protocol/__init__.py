"""Requests to the provider, and checks of its answers."""
