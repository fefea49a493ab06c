"""What every screen shares. Knows no other screen."""
