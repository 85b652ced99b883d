"""Who is told of what, the words of messages, what was sent; what customers meet by links."""
