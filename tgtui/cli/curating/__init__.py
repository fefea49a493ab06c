"""Commands for administrators: tags and deleted packages."""
