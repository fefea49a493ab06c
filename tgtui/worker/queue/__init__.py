"""Claims, leases and outcomes of requests."""
