"""apt's configuration on this machine: sources and apt.conf."""
