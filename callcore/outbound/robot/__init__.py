"""The robot that confirms orders: when it calls, what it says, what a pressed key does."""
