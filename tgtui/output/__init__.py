"""Trees and lists as text and files, for people and for other programs."""
