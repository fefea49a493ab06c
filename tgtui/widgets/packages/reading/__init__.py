"""Long texts as lines: Markdown and plain text, of which only what is on the screen is parsed and drawn."""
