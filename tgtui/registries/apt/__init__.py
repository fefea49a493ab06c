"""apt repositories, as apt reads them."""
