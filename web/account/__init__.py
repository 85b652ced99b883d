"""Pages of one's own way in: sessions, password, second factor; acting in a dealer's place."""
