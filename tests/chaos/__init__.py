"""Breaks things while real workers fill a real catalogue, and proves from an audit that nothing was lost."""
