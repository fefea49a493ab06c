"""What is drawn. Widgets take frozen structs and functions, and post messages."""
