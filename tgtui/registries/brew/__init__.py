"""Homebrew: the signed index of formulae and casks."""
