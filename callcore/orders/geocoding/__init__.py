"""Where an address is on the map: the port, and the ways to ask."""
