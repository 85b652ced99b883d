"""The files of the PBX from what stands in the database."""

from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.secrets import PbxSecrets
from callcore.kernel.database import Database
from callcore.network.lines import Wiring, load_wiring
from config.settings import Settings
from dialplans.plan import RenderedConfig
from dialplans.render import render_pbx


async def read_wiring(settings: Settings) -> Wiring:
    """Raises DatabaseUnavailable."""
    database = Database(settings.database.url.get_secret_value())
    try:
        async with database.session() as session:
            return await load_wiring(session)
    finally:
        await database.close()


async def render_from_database(settings: Settings) -> RenderedConfig:
    wiring = await read_wiring(settings)
    return render_pbx(make_pbx_plan(settings, wiring, PbxSecrets(settings.pbx.secrets_file)))
