"""Where customers come from and what dealers bring: reports over calls, orders and costs."""
