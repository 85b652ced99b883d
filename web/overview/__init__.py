"""The day at one look, for staff."""
