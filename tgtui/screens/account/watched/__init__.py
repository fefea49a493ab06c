"""The screen of watched packages: what is new of them first."""
