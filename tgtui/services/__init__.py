"""What the app and the command line call: the open catalogue, with roles checked."""
