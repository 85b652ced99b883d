"""The composition root: the only place that knows every room. Built by hand, top to bottom."""

from callcore.bootstrap.application import Application, run

__all__ = ["Application", "run"]
