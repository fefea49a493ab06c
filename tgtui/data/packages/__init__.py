"""One package: its header, its dependents, deleting and restoring it."""
