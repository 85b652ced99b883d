"""The life of a call: facts from the PBX, the state table, tracker, journal, reconcile, screen-pop."""
