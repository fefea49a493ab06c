"""Which indexes serve Python packages here, and how they are asked, as pip or uv is set up."""
