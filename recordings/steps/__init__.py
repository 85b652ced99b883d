"""One conversion, step by step. Runs in a worker process: no web, no database, no event loop."""
