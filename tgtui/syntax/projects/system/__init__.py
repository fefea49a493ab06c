"""What is installed on a machine, or should be: Brewfile, the status of dpkg."""
