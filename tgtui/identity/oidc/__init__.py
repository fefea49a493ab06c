"""OpenID Connect: who is logged in, by device code."""
