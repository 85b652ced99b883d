"""What dealers bring and cost, and what their rating is made of."""
