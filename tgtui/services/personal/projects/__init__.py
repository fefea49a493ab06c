"""Projects on this machine: where they lie, how they are read, what is asked of them."""
