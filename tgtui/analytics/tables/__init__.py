"""The Iceberg tables: opened and checked, written a day at a time, committed, tidied."""
