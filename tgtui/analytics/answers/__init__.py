"""What the analytics computes: each answer from the exported tables, as rows of results."""
