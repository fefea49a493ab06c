"""TechGarden in the terminal: a package explorer over several registries."""

__version__ = "0.1.0"
