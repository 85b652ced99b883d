"""How well telephones are answered."""
