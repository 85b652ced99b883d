"""Figures of speed and size, each a ratio against a baseline measured in the same run."""
