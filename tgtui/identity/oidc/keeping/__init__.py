"""Where a login is kept between two programs."""
