"""What an index serves: pages of projects, and the metadata of versions."""
