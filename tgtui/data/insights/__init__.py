"""The newest results of the analytics in the operational database: storing and reading them, and who takes part."""
