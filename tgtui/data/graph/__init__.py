"""Closures: what a version reaches, what reaches it, and the paths between them."""
