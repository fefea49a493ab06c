"""Commands that run the program: worker, db, import, logs."""
