"""Advisories as OSV's schema publishes them: read, evaluated, grouped. Text in, values out."""
