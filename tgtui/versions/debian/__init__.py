"""Debian's version order and its dependency fields."""
