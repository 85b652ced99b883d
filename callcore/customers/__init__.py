"""Who buys: contacts and history."""
