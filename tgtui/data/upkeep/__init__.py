"""Migrations, first contents, status, and interactions."""
