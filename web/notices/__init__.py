"""The inbox of notices and the letters on their way."""
