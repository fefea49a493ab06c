"""The README's pictures, drawn by the real app: `python3 dev.py pictures` writes them, a test compares them."""
