"""The files of the PBX from what stands in the database."""

from dataclasses import dataclass

from callcore.asterisk.fallback.static_routes import StaticRoutes, static_routes
from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.secrets import PbxSecrets
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.lines import Wiring, load_wiring
from callcore.routing.snapshot import build_snapshot
from config.settings import Settings
from dialplans.plan import RenderedConfig
from dialplans.render import render_pbx


@dataclass(frozen=True, slots=True)
class PbxSource:
    """What the files are made of."""

    wiring: Wiring
    routes: StaticRoutes


async def read_source(database: Database) -> PbxSource:
    """Both from one transaction. Raises DatabaseUnavailable."""
    async with database.session() as session:
        wiring, directory = await load_wiring(session), await load_directory(session)
    return PbxSource(wiring, static_routes(build_snapshot(directory, 0, SystemClock().now())))


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
        source = await read_source(database)
    finally:
        await database.close()
    secrets = PbxSecrets(settings.pbx.secrets_file)
    return render_pbx(make_pbx_plan(settings, source.wiring, secrets, source.routes))
