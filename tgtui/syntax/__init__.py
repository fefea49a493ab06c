"""What people type and what files hold, read and written as text."""
