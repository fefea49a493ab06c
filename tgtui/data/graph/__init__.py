"""Closures: what a version reaches, what reaches it, and the ways between them."""
