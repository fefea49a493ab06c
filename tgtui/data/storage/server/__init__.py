"""What is special about a server: connections that may die without a word."""
