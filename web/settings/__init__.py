"""What the factory sets for its orders: terms and points, statuses, reasons."""
