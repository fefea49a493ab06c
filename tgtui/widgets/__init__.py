"""What is drawn. Widgets take frozen dataclasses and functions, and post messages."""
