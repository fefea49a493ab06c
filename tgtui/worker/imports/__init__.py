"""How a whole index comes into the catalogue."""
