"""Who gets an order: candidates, windows, quotas, taking and giving back."""
