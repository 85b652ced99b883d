"""Settings and the data that ships with the product."""
