"""Orders that people bring in: the operator's form and tables from files."""
