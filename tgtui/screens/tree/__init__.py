"""The dependency tree, and two versions compared."""
