"""How orders come in: the public API, the site, an operator, a file. Every way leads to distribution.take_order."""
