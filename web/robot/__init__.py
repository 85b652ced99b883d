"""The robot that confirms orders: its calls, who is not to be called, its phrases and settings."""
