"""What people keep for themselves: saved searches, watched packages, saved comparisons."""
