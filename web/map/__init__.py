"""The map of regions and outlets."""
