"""Live updates over WebSocket: the server tells what changed, the page fetches the state by its own rights."""
