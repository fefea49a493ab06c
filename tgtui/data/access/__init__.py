"""Accounts and logins, and what each may do."""
