"""How a package changed over time, as pictures."""
