"""Catalogues that benchmarks run on, up to the size of a registry."""
