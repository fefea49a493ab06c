"""Readers of the files of projects."""
