"""Version orders, ranges, specifiers and picks: the lowest layer, which imports nothing above it."""
