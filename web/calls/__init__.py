"""Pages of calls: the journal, one call, recordings."""
