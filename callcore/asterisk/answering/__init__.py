"""Callers are answered by a process of their own: whatever the application does meanwhile, it takes no time of theirs."""
