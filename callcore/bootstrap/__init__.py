"""The composition root: the only place that knows every room. Built by hand, top to bottom."""

from callcore.bootstrap.application import Application, run
from callcore.kernel.event_loop import new_loop

__all__ = ["Application", "new_loop", "run"]
