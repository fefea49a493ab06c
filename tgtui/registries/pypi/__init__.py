"""Python packages: any index that pip can read."""
