"""How fast the queue is: next to other queues, when it is long, and with many workers on one database."""
