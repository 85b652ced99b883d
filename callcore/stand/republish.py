"""The PBX's files follow the network: new phones, numbers and hours without a restart, about a second after the change.

Every change that a person makes leaves a row in the audit log; its newest row tells cheaply whether there is anything to
read. What nobody did (a shift that has begun, rows written past us) is found by a full reading now and then.
"""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from callcore.asterisk.fallback.deploy import deploy_script
from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.publish import Cli, publish, reload_pbx
from callcore.asterisk.secrets import PbxSecrets
from callcore.bootstrap.routing_options import routing_options
from callcore.kernel.audit import newest
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, Invalid, PbxUnavailable
from callcore.kernel.logs import get_logger
from callcore.stand.rendering import PbxSource, read_source
from config.settings import Settings
from dialplans.render import render_pbx

_log = get_logger(__name__)

LOOK_S = 0.5
READ_ALL_S = 30.0
TRY_AGAIN_S = 3.0


class Republisher:
    """`source` is what the PBX works from now, None when that is not known. What could not be published is tried again
    at the next look."""

    def __init__(self, settings: Settings, cli: Cli, source: PbxSource | None) -> None:
        self._settings = settings
        self._cli = cli
        self._source = source
        self._renewals = PbxSecrets(settings.pbx.secrets_file).renewals()
        self._seen: int | None = None
        self._due_at = 0.0

    async def follow(self) -> None:
        """For ever."""
        database = Database(self._settings.database.url.get_secret_value())
        try:
            while True:
                with suppress(DatabaseUnavailable):
                    await self.look(database)
                await asyncio.sleep(LOOK_S)
        finally:
            await database.close()

    async def look(self, database: Database) -> bool:
        """Reads the network when somebody changed something, or when it was not read for a while. True when the PBX has
        read new files now. Raises DatabaseUnavailable."""
        self._seen, is_changed = await database.read(lambda connection: newest(connection, self._seen))
        if not is_changed and time.monotonic() < self._due_at:
            return False
        return await self.check(database)

    async def check(self, database: Database) -> bool:
        """True when the PBX has read new files now. A database or PBX that is away, or a network of which no right
        files can be made, leaves everything as it was."""
        try:
            source = await read_source(database, routing_options(self._settings))
            renewals = PbxSecrets(self._settings.pbx.secrets_file).renewals()
            is_new = source != self._source or renewals != self._renewals
            if is_new:
                await self._publish(source)
        except (DatabaseUnavailable, PbxUnavailable, Invalid, OSError) as error:
            _log.warning("changes of the network not published to the pbx", error=str(error))
            self._due_at = time.monotonic() + TRY_AGAIN_S
            return False
        self._source, self._renewals, self._due_at = source, renewals, time.monotonic() + READ_ALL_S
        return is_new

    async def _publish(self, source: PbxSource) -> None:
        secrets = PbxSecrets(self._settings.pbx.secrets_file)
        config = render_pbx(
            make_pbx_plan(self._settings, source.wiring, secrets, source.routes, source.shifts)
        )
        etc: Path = self._settings.pbx.etc_dir
        await asyncio.to_thread(deploy_script, self._settings.pbx.agi_dir)
        published = await asyncio.to_thread(publish, config, etc)
        await reload_pbx(self._cli, etc, published)
