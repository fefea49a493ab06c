"""The database: tables, and every query as a function that takes a connection and returns frozen structs."""
