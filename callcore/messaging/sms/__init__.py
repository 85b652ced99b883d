"""SMS: one port, several ways out behind it, tried in the order of the settings."""
