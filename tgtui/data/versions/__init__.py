"""The versions of a package and their edges."""
