"""Who is using the program, and what they may do."""
