"""What threatens a version."""
