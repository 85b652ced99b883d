"""Pages of recordings: the list in three tabs, one recording, how long they are kept, rows and files compared."""
