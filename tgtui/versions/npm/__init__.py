"""npm's versions, ranges and specifiers, and what npm would choose."""
