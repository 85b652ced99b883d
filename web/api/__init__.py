"""The public API: orders by programs, its description, keys."""
