"""What is shown of packages."""
