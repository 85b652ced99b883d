"""How calls are shared out: policies as a form, their trial on past calls, what-if."""
