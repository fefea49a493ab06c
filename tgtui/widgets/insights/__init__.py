"""What is shown of an answer of the analytics."""
