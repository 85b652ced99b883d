"""The demo network: an invented manufacturer with dealers, people, orders and calls. Data stand in config/demo."""
