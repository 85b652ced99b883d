"""Who gets the call: snapshot, decision, plan, explanation. Pure: no clock, no database, no waiting."""
