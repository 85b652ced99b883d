"""The life of an order: card, lines, timeline, statuses."""
