"""The commands of `tgtui analytics`."""
