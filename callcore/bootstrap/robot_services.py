"""The robot of the application: its shelf of sounds, its worker, and the services of its pages."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callcore.asterisk.voice.install import find_voice
from callcore.asterisk.voice.model import Speech, VoiceFailed
from callcore.asterisk.voice.parts import PartShelf
from callcore.asterisk.voice.sound import telephone_wav
from callcore.kernel.errors import Invalid
from callcore.kernel.tasks import TaskOwner, every
from callcore.network.model import Viewer
from callcore.orders.file_store import FolderStore
from callcore.outbound.do_not_call import BarredPage, add_number, barred_numbers, lift_number
from callcore.outbound.robot.ask_robot import call_robot_off, send_robot
from callcore.outbound.robot.change_settings import RobotBook, robot_book, save_robot_settings
from callcore.outbound.robot.numerals import ALL_WORDS
from callcore.outbound.robot.phrases import MAX_BYTES, Converted, RobotPhrases
from callcore.outbound.robot.queries import OrderRobot, RobotFilter, RobotPage, robot_calls, robot_of_order
from callcore.outbound.robot.robot_worker import RobotWorker
from callcore.outbound.robot.settings import RobotSettings, read_robot_settings
from callcore.outbound.robot.speech import PHRASES, Part
from recordings.phrase import RATE_HZ, samples_of
from web.robot.services import RobotServices

if TYPE_CHECKING:
    from callcore.bootstrap.application import Application

STEP_S: Final = 3.0
SOUNDS_S: Final = 1.0
FOLDER: Final = "robot"
PHRASE_FOLDER: Final = "phrases"


class Robot:
    """Names of the methods follow the services of the pages."""

    def __init__(self, application: "Application") -> None:
        settings = application.settings
        self._database, self._clock = application.database, application.clock
        self.shelf = PartShelf(settings.pbx.sounds_dir / FOLDER, lambda: find_voice(settings.voice.dir))
        self.phrases = RobotPhrases(
            application.database,
            application.clock,
            FolderStore(settings.orders.files_dir / PHRASE_FOLDER, MAX_BYTES),
            _convert,
            self.shelf.use_recorded,
        )
        self.worker = RobotWorker(
            application.database,
            application.clock,
            application.dialling.dialler,
            self.shelf,
            settings.pbx.trunk_caller_id,
        )
        self._is_prepared = False

    async def start(self, tasks: TaskOwner) -> None:
        await self.shelf.use_recorded(await self.phrases.recorded())
        _ = tasks.spawn("robot", every(STEP_S, self._step))
        _ = tasks.spawn("robot-sounds", every(SOUNDS_S, self.shelf.refresh))

    async def _step(self) -> None:
        """What every call needs is rendered as soon as the robot is on, before the first order is due."""
        if not self._is_prepared and (await self._database.read(read_robot_settings)).is_on:
            self._is_prepared = True
            self.shelf.want_all()
        await self.worker.step()

    def services(self) -> RobotServices:
        return RobotServices(
            book=self.book,
            save=self.save,
            calls=self.calls,
            of_order=self.of_order,
            send=self.send,
            call_off=self.call_off,
            barred=self.barred,
            bar=self.bar,
            lift=self.lift,
            phrases=self.phrases,
            listen=self.listen,
        )

    async def book(self, viewer: Viewer) -> RobotBook:
        async with self._database.session() as session:
            return await robot_book(session, viewer)

    async def save(self, viewer: Viewer, settings: RobotSettings, shown: int) -> None:
        async with self._database.transaction() as session:
            await save_robot_settings(session, viewer, settings, shown=shown, now=self._clock.now())

    async def calls(self, viewer: Viewer, wanted: RobotFilter) -> RobotPage:
        async with self._database.session() as session:
            return await robot_calls(session, viewer, wanted)

    async def of_order(self, viewer: Viewer, number: int) -> OrderRobot:
        async with self._database.session() as session:
            return await robot_of_order(session, viewer, number, self._clock.now())

    async def send(self, viewer: Viewer, number: int) -> datetime:
        async with self._database.transaction() as session:
            return await send_robot(session, viewer, number, now=self._clock.now())

    async def call_off(self, viewer: Viewer, number: int) -> None:
        async with self._database.transaction() as session:
            await call_robot_off(session, viewer, number, now=self._clock.now())

    async def barred(self, viewer: Viewer, query: str, before: int | None) -> BarredPage:
        async with self._database.session() as session:
            return await barred_numbers(session, viewer, query=query, before=before)

    async def bar(self, viewer: Viewer, number: str, reason: str) -> None:
        async with self._database.transaction() as session:
            await add_number(session, viewer, number, reason, now=self._clock.now())

    async def lift(self, viewer: Viewer, row_id: int, reason: str) -> None:
        async with self._database.transaction() as session:
            await lift_number(session, viewer, row_id, reason, now=self._clock.now())

    async def listen(self, viewer: Viewer, name: str) -> bytes | None:
        """As the telephone will say it; None while it is being rendered. Raises Forbidden, NotFound."""
        recorded = await self.phrases.file(viewer, name)
        if recorded is not None:
            return await asyncio.to_thread(Path(recorded).read_bytes)
        text = PHRASES[name].text if name in PHRASES else name if name in ALL_WORDS else ""
        return await self.shelf.listen([Part(text)]) if text else None


async def _convert(data: bytes) -> Converted:
    return await asyncio.to_thread(_converted, data)


def _converted(data: bytes) -> Converted:
    """Silence off, even loudness, as the synthesiser's parts are: the two are heard side by side."""
    try:
        wav, seconds = telephone_wav(Speech(RATE_HZ, samples_of(data)))
    except VoiceFailed as exc:
        raise Invalid("file-wrong", fields={"file": "no-sound"}) from exc
    return Converted(wav, seconds)
