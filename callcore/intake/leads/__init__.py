"""Leads that another program collects («LeadsDB»): fetched page by page, each becomes an order through the one door, once."""
