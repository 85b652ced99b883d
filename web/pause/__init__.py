"""A person takes no calls for a while."""
