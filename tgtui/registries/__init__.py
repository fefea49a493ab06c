"""Package registries: HTTP and formats, an adapter each. Knows no database."""
