"""Tables for analytics: exported by day to Iceberg, read with DuckDB. Needs the extra `analytics`; only processes that do nothing else import it."""
