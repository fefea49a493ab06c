"""Files on this machine: their paths, who may read them, and what is wrong with the disk."""
