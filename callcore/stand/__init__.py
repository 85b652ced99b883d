"""A whole installation on one machine's loopback: PBX, simulated carrier, database, application."""
