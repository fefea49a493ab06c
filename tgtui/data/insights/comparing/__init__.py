"""Packages side by side: what is known of each, what they share, comparisons that people saved."""
