"""What tests share: databases, isolation from the developer's machine, a fake registry."""
