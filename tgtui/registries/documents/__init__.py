"""What documents of different registries have in common: loose JSON, links, the software that a package is."""
