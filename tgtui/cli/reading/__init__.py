"""Commands that read: search, show, tree, why, dependents, compare."""
