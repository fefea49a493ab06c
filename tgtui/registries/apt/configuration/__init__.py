"""What this machine's files say: sources and apt.conf."""
