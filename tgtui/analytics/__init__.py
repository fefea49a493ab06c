"""Analytics: the optional libraries, and what is exported to and computed with them. Runs in a process of its own."""
