"""What was published with a version, to read: its README, its changelog, its files."""
