"""Projects in both databases."""
