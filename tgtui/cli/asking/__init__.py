"""Commands that ask for packages and show the queue."""
