"""Commands about the program itself: its help, its settings, completion in a shell."""
