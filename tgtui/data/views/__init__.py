"""What queries return: frozen dataclasses. Widgets see nothing else of `data`."""
