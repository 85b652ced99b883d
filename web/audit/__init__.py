"""The journal of what people did."""
