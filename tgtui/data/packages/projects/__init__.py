"""Projects of people: what their files say, and what the catalogue knows of it."""
