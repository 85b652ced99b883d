"""Callbacks: the list for those who work them, the sites that may carry the widget."""
