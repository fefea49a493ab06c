"""How a claimed request becomes a package with all it depends on."""
