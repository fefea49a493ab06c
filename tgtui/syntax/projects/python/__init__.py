"""Files of pip, uv, poetry and the standards for Python packages."""
