"""What is shown of a dependency tree."""
