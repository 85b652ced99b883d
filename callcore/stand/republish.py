"""The PBX's files follow the network while a stand runs: new phones, numbers and hours without a restart."""

import asyncio
from pathlib import Path

from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.publish import Cli, publish, reload_pbx
from callcore.asterisk.secrets import PbxSecrets
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, Invalid, PbxUnavailable
from callcore.kernel.logs import get_logger
from callcore.stand.rendering import PbxSource, read_source
from config.settings import Settings
from dialplans.render import render_pbx

_log = get_logger(__name__)


class Republisher:
    """`source` is what the PBX works from now. What could not be published is tried again at the next check."""

    def __init__(self, settings: Settings, cli: Cli, source: PbxSource) -> None:
        self._settings = settings
        self._cli = cli
        self._source = source

    async def check(self) -> bool:
        """True when the PBX has read new files now. A database or PBX that is away, or a network of which no right
        files can be made, leaves everything as it was."""
        try:
            source = await self._read()
            if source == self._source:
                return False
            await self._publish(source)
        except (DatabaseUnavailable, PbxUnavailable, Invalid, OSError) as error:
            _log.warning("changes of the network not published to the pbx", error=str(error))
            return False
        self._source = source
        return True

    async def _read(self) -> PbxSource:
        database = Database(self._settings.database.url.get_secret_value())
        try:
            return await read_source(database)
        finally:
            await database.close()

    async def _publish(self, source: PbxSource) -> None:
        secrets = PbxSecrets(self._settings.pbx.secrets_file)
        config = render_pbx(make_pbx_plan(self._settings, source.wiring, secrets, source.routes))
        etc: Path = self._settings.pbx.etc_dir
        published = await asyncio.to_thread(publish, config, etc)
        await reload_pbx(self._cli, etc, published)
