"""The report on telephones, with the word of orders on which calls came to something."""

from collections.abc import Awaitable, Callable

from callcore.calls.efficiency import efficiency
from callcore.calls.efficiency_model import Level, Period, Report, Subject
from callcore.calls.views import JournalChoices
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.won import came_to_order
from web.efficiency.services import EfficiencyServices


def efficiency_services(
    database: Database, choices: Callable[[Viewer], Awaitable[JournalChoices]]
) -> EfficiencyServices:
    async def report(viewer: Viewer, period: Period, level: Level, of: Subject) -> Report:
        async with database.session() as session:
            return await efficiency(session, viewer, period, level, of=of, won=came_to_order())

    return EfficiencyServices(report=report, choices=choices)
