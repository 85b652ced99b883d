"""The robot of the application: its shelf of sounds, its worker, and the services of its pages."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callcore.asterisk.voice.install import find_voice
from callcore.asterisk.voice.model import Speech, Voice, VoiceFailed
from callcore.asterisk.voice.parts import PartShelf
from callcore.asterisk.voice.sound import telephone_wav
from callcore.kernel.errors import Invalid
from callcore.kernel.tasks import TaskOwner, every
from callcore.network.model import Viewer
from callcore.orders.file_store import FolderStore
from callcore.outbound.do_not_call import BarredPage, add_number, barred_numbers, lift_number
from callcore.outbound.robot.ask_robot import call_robot_off, send_robot
from callcore.outbound.robot.change_settings import RobotBook, robot_book, save_robot_settings
from callcore.outbound.robot.consent_register import ConsentPage, call_consents
from callcore.outbound.robot.numerals import ALL_WORDS
from callcore.outbound.robot.phrases import MAX_BYTES, Converted, RobotPhrases
from callcore.outbound.robot.queries import OrderRobot, RobotFilter, RobotPage, robot_calls, robot_of_order
from callcore.outbound.robot.robot_worker import RobotWorker
from callcore.outbound.robot.settings import RobotSettings, read_robot_settings
from callcore.outbound.robot.speech import PHRASES, Part
from callcore.outbound.robot.voices import VOICES, RobotVoice, voice_of
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
        self._voice_dir = settings.voice.dir
        sounds = settings.pbx.sounds_dir
        self.shelf = PartShelf(sounds / FOLDER, self._find_voice)
        # To be listened to on the page before one of them is chosen.
        self._samples = {
            code: PartShelf(sounds / f"{FOLDER}-{code or 'usual'}", self._find_voice, voice.variant)
            for code, voice in VOICES.items()
        }
        self.phrases = RobotPhrases(
            application.database,
            application.clock,
            FolderStore(settings.orders.files_dir / PHRASE_FOLDER, MAX_BYTES),
            _convert,
            self._renew,
        )
        self.worker = RobotWorker(
            application.database,
            application.clock,
            application.dialling.dialler,
            self.shelf,
            settings.pbx.trunk_caller_id,
        )
        self._spoken_by: RobotVoice | None = None

    async def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("robot", every(STEP_S, self._step))
        _ = tasks.spawn("robot-sounds", every(SOUNDS_S, self._refresh))

    async def _step(self) -> None:
        """What every call needs is rendered as soon as the robot is on, before the first order is due; and again when it is
        to speak in another voice."""
        settings = await self._database.read(read_robot_settings)
        voice = voice_of(settings.voice)
        if settings.is_on and voice is not self._spoken_by:
            await self.shelf.speak_as(voice.variant, await self.phrases.recorded(voice))
            self._spoken_by = voice
        await self.worker.step()

    async def _refresh(self) -> None:
        for shelf in (self.shelf, *self._samples.values()):
            await shelf.refresh()

    def _find_voice(self, variant: str) -> Voice | None:
        found = find_voice(self._voice_dir)
        return found.coloured(variant) if found else None

    async def _renew(self, voice: RobotVoice, recorded: Mapping[str, Path]) -> None:
        if voice is self._spoken_by:
            await self.shelf.use_recorded(recorded)

    def services(self) -> RobotServices:
        return RobotServices(
            book=self.book,
            save=self.save,
            calls=self.calls,
            of_order=self.of_order,
            send=self.send,
            call_off=self.call_off,
            barred=self.barred,
            consents=self.consents,
            bar=self.bar,
            lift=self.lift,
            phrases=self.phrases,
            listen=self.listen,
        )

    async def book(self, viewer: Viewer) -> RobotBook:
        async with self._database.session() as session:
            return await robot_book(session, viewer, self._clock.now())

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

    async def consents(self, viewer: Viewer, query: str, before: int | None) -> ConsentPage:
        async with self._database.session() as session:
            return await call_consents(session, viewer, query=query, before=before)

    async def bar(self, viewer: Viewer, number: str, reason: str) -> None:
        async with self._database.transaction() as session:
            await add_number(session, viewer, number, reason, now=self._clock.now())

    async def lift(self, viewer: Viewer, row_id: int, reason: str) -> None:
        async with self._database.transaction() as session:
            await lift_number(session, viewer, row_id, reason, now=self._clock.now())

    async def listen(self, viewer: Viewer, voice: RobotVoice, name: str) -> bytes | None:
        """As the telephone will say it; None while it is being rendered. Raises Forbidden, NotFound."""
        recorded = await self.phrases.file(viewer, voice, name)
        if recorded is not None:
            return await asyncio.to_thread(Path(recorded).read_bytes)
        text = PHRASES[name].text if name in PHRASES else name if name in ALL_WORDS else ""
        shelf = self.shelf if voice is self._spoken_by else self._samples[voice.code]
        return await shelf.listen([Part(text)]) if text else None


async def _convert(data: bytes) -> Converted:
    return await asyncio.to_thread(_converted, data)


def _converted(data: bytes) -> Converted:
    """Silence off, even loudness, as the synthesiser's parts are: the two are heard side by side."""
    try:
        wav, seconds = telephone_wav(Speech(RATE_HZ, samples_of(data)))
    except VoiceFailed as exc:
        raise Invalid("file-wrong", fields={"file": "no-sound"}) from exc
    return Converted(wav, seconds)
