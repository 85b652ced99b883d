"""Pages for customers, without signing in: the order form of a site, one's own order by its link."""
