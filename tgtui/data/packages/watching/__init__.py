"""What people watch: whose it is, what is new of it, and when it is fetched again."""
