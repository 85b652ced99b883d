"""Pages of customers: search and the card."""
