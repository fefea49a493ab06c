"""Where a login is kept between runs of the program."""
