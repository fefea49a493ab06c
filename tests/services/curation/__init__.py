"""Tags, deletion and roles, below the screens, on both databases."""
