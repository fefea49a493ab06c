"""The Textual app: a folder a screen, composed of widgets."""
