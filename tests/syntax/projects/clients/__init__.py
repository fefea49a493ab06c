"""Projects made by the clients themselves, read and compared with what the clients list."""
