"""Commands for operation: worker, db, import."""
