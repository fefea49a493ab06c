"""The screens of projects."""
