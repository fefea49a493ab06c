"""How a request becomes a package with all it depends on."""
