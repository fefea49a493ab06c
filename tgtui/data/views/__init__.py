"""What queries return: frozen structs. Widgets see nothing else of `data`."""
