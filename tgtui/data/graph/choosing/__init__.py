"""What a dependency with alternatives leads to, if that is decided by what else the root brings: apt."""
