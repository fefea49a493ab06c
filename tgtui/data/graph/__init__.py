"""Closures: what a version reaches, who reaches it, and on which ways."""
