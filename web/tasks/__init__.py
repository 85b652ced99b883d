"""Pages of tasks: what calls left to do."""
