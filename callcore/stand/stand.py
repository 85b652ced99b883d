"""A stand: PBX, simulated carrier and application on loopback, started together and stopped together.

Used by the demonstration and by the tests of a whole installation. What takes time and does not wait for something else
runs side by side: unpacking Asterisk, front-end files, the database.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from callcore.asterisk.carrier import SimulatedCarrier, write_tones
from callcore.asterisk.embedded import AsteriskBuild, AsteriskProcess, EmbeddedPbxError, find_or_install
from callcore.asterisk.fallback.deploy import deploy_script
from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.publish import publish
from callcore.asterisk.secrets import PbxSecrets
from callcore.asterisk.voice.install import find_or_install_voice
from callcore.asterisk.voice.render import put_phrases
from callcore.bootstrap.routing_options import routing_options
from callcore.kernel.database import Database
from callcore.kernel.migrations import upgrade
from callcore.kernel.tasks import TaskOwner
from callcore.stand.carrier_plan import make_carrier_plan
from callcore.stand.config_file import CARRIER_NAME, SYSTEM_NAME, config_text
from callcore.stand.layout import StandDirs, StandNote, cache_dir, read_note, voice_dir, write_note
from callcore.stand.ports import HOST, StandPorts, choose_ports
from callcore.stand.processes import ApplicationProcess
from callcore.stand.rendering import PbxSource, read_source
from callcore.stand.republish import Republisher
from callcore.stand.seeding import seed_stand, telephone_behaviours
from config.settings import Settings, load_settings
from dialplans.plan import CarrierPlan
from dialplans.render import render_carrier, render_pbx
from web.ui import assets

Say = Callable[[str], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StandOptions:
    """`port` and `sip_port` None: those of the last time, or free ones. `republish`: the PBX's files follow the network
    while the stand runs."""

    data_dir: Path
    port: int | None = None
    sip_port: int | None = None
    republish: bool = False


class Stand:
    """`start` brings everything up and returns when calls can be made; `stop` leaves nothing running."""

    def __init__(self, options: StandOptions, say: Say) -> None:
        self._options = options
        self._say = say
        self.dirs = StandDirs(options.data_dir.resolve())
        self._ports: StandPorts | None = None
        self._settings: Settings | None = None
        self._pbx: AsteriskProcess | None = None
        self._carrier_process: AsteriskProcess | None = None
        self._carrier: SimulatedCarrier | None = None
        self._application: ApplicationProcess | None = None
        self._tasks = TaskOwner("stand")

    @property
    def ports(self) -> StandPorts:
        assert self._ports is not None, "not started"
        return self._ports

    @property
    def settings(self) -> Settings:
        assert self._settings is not None, "not started"
        return self._settings

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.ports.web}"

    @property
    def pbx(self) -> AsteriskProcess:
        assert self._pbx is not None, "not started"
        return self._pbx

    @property
    def carrier(self) -> SimulatedCarrier:
        assert self._carrier is not None, "not started"
        return self._carrier

    @property
    def application(self) -> ApplicationProcess:
        assert self._application is not None, "not started"
        return self._application

    async def start(self) -> None:
        """Raises DealerlineError with a sentence for people; what had been started is stopped again."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        last = read_note(self.dirs)
        self._ports = choose_ports(self._options.port, self._options.sip_port, last.ports if last else None)
        secrets = PbxSecrets(self.dirs.secrets)
        settings = self._settings = self._write_settings(secrets)
        build, source, *_ = await asyncio.gather(
            asyncio.to_thread(self._timed, "Asterisk", lambda: find_or_install(cache_dir(), self._say)),
            self._prepare_database(settings),
            asyncio.to_thread(self._timed, "файлы сайта", lambda: assets.install(self._say)),
            asyncio.to_thread(self._timed, "голос", self._install_voice),
        )
        wiring = source.wiring
        plan = make_carrier_plan(self.dirs, self.ports, wiring, secrets, telephone_behaviours(wiring))
        await asyncio.to_thread(self._publish, settings, source, secrets, plan, build)
        await self._start_telephony(build, plan)
        self._application = ApplicationProcess(self.dirs.config, self.dirs.application_log, self.address)
        await asyncio.gather(self._application.start(), self.carrier.prepare())
        write_note(self.dirs, StandNote(os.getpid(), self.ports))
        if self._options.republish:
            republisher = Republisher(settings, self.pbx.cli, source)
            _ = self._tasks.spawn("republish", republisher.follow())

    async def stop(self) -> None:
        """May be called at any stage and twice."""
        await self._tasks.close()
        if self._application is not None:
            await self._application.stop()
        await asyncio.gather(
            *(process.stop() for process in (self._carrier_process, self._pbx) if process is not None)
        )
        if self._ports is not None and self.dirs.root.is_dir():
            write_note(self.dirs, StandNote(0, self._ports))

    def _install_voice(self) -> None:
        """Without one everything works, in silence."""
        try:
            put_phrases(find_or_install_voice(voice_dir(), self._say), self.dirs.pbx.sounds)
        except EmbeddedPbxError as error:
            self._say(error.advice)

    def _write_settings(self, secrets: PbxSecrets) -> Settings:
        self.dirs.root.mkdir(parents=True, exist_ok=True)
        text = config_text(self.dirs, self.ports, secrets.get("ami")["ami"])
        self.dirs.config.touch(mode=0o600)
        self.dirs.config.write_text(text, encoding="utf-8")
        return load_settings(self.dirs.config, {})

    async def _prepare_database(self, settings: Settings) -> PbxSource:
        url = settings.database.url.get_secret_value()
        await asyncio.to_thread(self._timed, "база данных", lambda: upgrade(url))
        started = time.monotonic()
        database = Database(url)
        try:
            if await seed_stand(database, self.dirs):
                self._say(f"сеть дилеров наполнена за {time.monotonic() - started:.1f} с")
            return await read_source(database, routing_options(settings))
        finally:
            await database.close()

    def _publish(
        self,
        settings: Settings,
        source: PbxSource,
        secrets: PbxSecrets,
        plan: CarrierPlan,
        build: AsteriskBuild,
    ) -> None:
        for dirs in (self.dirs.pbx, self.dirs.carrier):
            dirs.create()
            dirs.link_data(build)  # whether there is music decides what callers hear
        pbx_plan = make_pbx_plan(settings, source.wiring, secrets, source.routes, source.shifts)
        deploy_script(settings.pbx.agi_dir)
        publish(render_pbx(pbx_plan), self.dirs.pbx.etc)
        publish(render_carrier(plan), self.dirs.carrier.etc)
        write_tones(plan)

    async def _start_telephony(self, build: AsteriskBuild, plan: CarrierPlan) -> None:
        self._pbx = AsteriskProcess(build, self.dirs.pbx, SYSTEM_NAME)
        self._carrier_process = AsteriskProcess(build, self.dirs.carrier, CARRIER_NAME)
        await self._pbx.start()
        await self._carrier_process.start()
        self._carrier = SimulatedCarrier(plan, self._carrier_process.cli, self.dirs.carrier.spool)

    def _timed(self, what: str, work: Callable[[], _T]) -> _T:
        started = time.monotonic()
        result = work()
        if (passed := time.monotonic() - started) > 1:
            self._say(f"{what}: готово за {passed:.1f} с")
        return result
