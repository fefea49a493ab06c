"""What is shown of tags."""
