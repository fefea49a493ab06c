"""Tags: which there are, who has them, what admins do to them."""
