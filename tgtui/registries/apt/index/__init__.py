"""apt's view of all its indexes: candidates, providers, choices."""
