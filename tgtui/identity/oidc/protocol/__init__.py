"""What is said to the provider, and what its answers must be."""
