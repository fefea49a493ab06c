"""What pip would install, by resolvelib, which pip itself uses."""
