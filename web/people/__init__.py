"""Pages of people: who works in the head office and at the dealers, and who may do what."""
