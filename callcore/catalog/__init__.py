"""What is sold, at which price."""
