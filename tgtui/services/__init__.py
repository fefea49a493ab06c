"""What the app and the command line ask: the open catalogue, roles checked."""
