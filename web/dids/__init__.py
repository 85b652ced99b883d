"""Tracked numbers: the list, one number with its form."""
