"""The conformance suite of the queue: every promise of docs/queue.md, on SQLite and on PostgreSQL."""
