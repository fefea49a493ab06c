"""What people keep for themselves, through the services."""
