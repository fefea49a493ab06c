"""The database: tables, and every query as a function that takes a session and returns frozen dataclasses."""
