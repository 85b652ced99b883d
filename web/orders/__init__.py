"""Pages of orders: the list, one order, its print."""
