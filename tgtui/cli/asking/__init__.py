"""Commands that request packages and show the queue."""
