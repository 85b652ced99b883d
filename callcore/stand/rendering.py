"""The files of the PBX from what stands in the database."""

from dataclasses import dataclass

from callcore.asterisk.fallback.static_duty import static_shifts
from callcore.asterisk.fallback.static_routes import StaticRoutes, static_routes
from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.secrets import PbxSecrets
from callcore.bootstrap.routing_options import routing_options
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.lines import Wiring, load_wiring
from callcore.routing.duty import make_roster
from callcore.routing.snapshot import RoutingOptions, build_snapshot
from config.settings import Settings
from dialplans.plan import RenderedConfig, StaticShift
from dialplans.render import render_pbx


@dataclass(frozen=True, slots=True)
class PbxSource:
    """What the files are made of."""

    wiring: Wiring
    routes: StaticRoutes
    shifts: tuple[StaticShift, ...] = ()


async def read_source(database: Database, options: RoutingOptions | None = None) -> PbxSource:
    """All from one transaction. Raises DatabaseUnavailable."""
    async with database.session() as session:
        now = SystemClock().now()
        wiring, directory = await load_wiring(session), await load_directory(session, now)
    roster = make_roster(directory.shifts, directory.phones, org_id=None, ring_s=0)
    snapshot = build_snapshot(directory, 0, now, options=options)
    return PbxSource(wiring, static_routes(snapshot), static_shifts(roster, now))


async def read_wiring(settings: Settings) -> Wiring:
    """Raises DatabaseUnavailable."""
    database = Database(settings.database.url.get_secret_value())
    try:
        async with database.session() as session:
            return await load_wiring(session)
    finally:
        await database.close()


async def render_from_database(settings: Settings) -> RenderedConfig:
    database = Database(settings.database.url.get_secret_value())
    try:
        source = await read_source(database, routing_options(settings))
    finally:
        await database.close()
    secrets = PbxSecrets(settings.pbx.secrets_file)
    return render_pbx(make_pbx_plan(settings, source.wiring, secrets, source.routes, source.shifts))
