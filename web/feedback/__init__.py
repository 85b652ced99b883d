"""Reviews, complaints, and the question after closing."""
