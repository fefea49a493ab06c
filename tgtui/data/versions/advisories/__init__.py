"""Advisories: stored, evaluated for the versions that are here, and read."""
