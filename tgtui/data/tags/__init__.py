"""Tags, their packages, and their changes by admins."""
