"""The screens of projects: all of them, and one with what it declares and has locked."""
