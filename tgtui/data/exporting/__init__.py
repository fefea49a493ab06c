"""Reads the whole catalogue at one moment, in the driver's own form, for tables elsewhere."""
