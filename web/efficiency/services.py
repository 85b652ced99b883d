"""What the report on telephones needs from below; bootstrap fills it. The callables check the viewer's rights themselves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.calls.efficiency_model import Level, Period, Report, Subject
from callcore.calls.views import JournalChoices
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyServices:
    """`report` of a subject with lines of a level. Raises NotFound for a subject that this viewer may not know of."""

    report: Callable[[Viewer, Period, Level, Subject], Awaitable[Report]]
    choices: Callable[[Viewer], Awaitable[JournalChoices]]


SERVICES = web.AppKey("efficiency_services", EfficiencyServices)
