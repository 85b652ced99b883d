"""The shelf of ready sounds. What is wanted is rendered beforehand, in a process of its own; a call only takes what is here.

A file's name is a digest of voice, language and text, so a sentence is rendered once and a changed one is another file. A
voice that is dead or a disk that is full leaves calls as they are: without words.
"""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from callcore.asterisk.voice.model import Voice, VoiceFailed, Wanted
from callcore.asterisk.voice.phrases import PHRASES
from callcore.asterisk.voice.render import Rendered, give_way, render_all
from callcore.asterisk.voice.sound import telephone_wav
from callcore.asterisk.voice.spoken import spoken
from callcore.asterisk.voice.texts import FOLDER, Texts, make_texts
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.network.dealers import region_names
from callcore.network.directory import tracked_numbers
from callcore.orders.open_orders import open_orders
from callcore.outbound.callbacks.sites import site_titles
from callcore.routing.sounds import NO_SOUNDS, Sounds

_log = get_logger(__name__)
_K = TypeVar("_K")

BATCH = 25
BATCH_LIMIT_S = 120.0
KEPT_S = 86_400.0  # an old sound may still be in the plan of a call, or compiled into the dialplan
TRY_AGAIN_S = 60.0
LONGEST_PREVIEW = 500


class SoundShelf:
    """`folder` is the PBX's sounds/dealerline. `find_voice` may block; None is no voice."""

    def __init__(self, database: Database, folder: Path, find_voice: Callable[[], Voice | None]) -> None:
        self._database = database
        self._folder = folder
        self._find_voice = find_voice
        self._voice: Voice | None = None
        self._names: dict[Wanted, str] = {}
        self._failed_at: dict[Wanted, float] = {}
        self._sounds = NO_SOUNDS
        self._was_silent = False

    @property
    def sounds(self) -> Sounds:
        """What is ready now; never waits."""
        return self._sounds

    async def refresh(self) -> bool:
        """Renders what is missing and sweeps what is old; off the path of calls. True when something new is ready."""
        try:
            async with self._database.session() as session:
                dids, regions = await tracked_numbers(session), await region_names(session)
                texts = make_texts(dids, regions, await open_orders(session), await site_titles(session))
        except DatabaseUnavailable:
            return False
        voice = await self._ready_voice()
        phrases = {name: Wanted((text,), name[-2:], 15.0) for name, text in PHRASES.items()}
        await asyncio.to_thread(self._look)
        missing = self._missing([*phrases.values(), *texts.all()])
        before = self._sounds
        self._sounds = self._ready(texts)
        if voice is not None and missing:
            await self._render(voice, missing, texts)
        await asyncio.to_thread(self._settle, phrases, texts)
        return self._sounds != before

    async def preview(self, text: str, language: str) -> bytes:
        """A WAV for a player, as the telephone will say it. Raises VoiceFailed."""
        voice = await self._ready_voice()
        if voice is None:
            raise VoiceFailed("no-voice", "no voice is installed")
        said = voice

        def render() -> bytes:
            return telephone_wav(said.say(spoken(text[:LONGEST_PREVIEW], language), language))[0]

        return await asyncio.to_thread(render)

    async def _ready_voice(self) -> Voice | None:
        if self._voice is None:
            self._voice = await asyncio.to_thread(self._find_voice)
            if self._voice is None and not self._was_silent:
                _log.warning("no voice: calls go without whisper and greeting")
            self._was_silent = self._voice is None
        return self._voice

    def _missing(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        now = time.monotonic()
        return [
            one
            for one in dict.fromkeys(wanted)
            if one not in self._names and now - self._failed_at.get(one, -TRY_AGAIN_S) >= TRY_AGAIN_S
        ]

    async def _render(self, voice: Voice, missing: list[Wanted], texts: Texts) -> None:
        """In batches; what is ready is used at once. One worker that ends with the work."""
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(1, mp_context=context, initializer=give_way)
        loop = asyncio.get_running_loop()
        try:
            for start in range(0, len(missing), BATCH):
                batch = missing[start : start + BATCH]
                async with asyncio.timeout(BATCH_LIMIT_S):
                    done = await loop.run_in_executor(executor, render_all, voice, self._folder, batch)
                self._take(done)
                self._sounds = self._ready(texts)
            _log.info("sounds rendered", wanted=len(missing), ready=len(self._names))
        except (BrokenProcessPool, OSError) as error:
            _log.warning("rendering of sounds broken off", error=repr(error))
            self._failed_at |= dict.fromkeys(missing, time.monotonic())
        finally:
            end_executor(executor)

    def _take(self, done: list[Rendered]) -> None:
        failed = [one for one in done if not one.name]
        long = [one.wanted.texts[0] for one in done if one.name and one.was_long]
        for one in done:
            if one.name:
                self._names[one.wanted] = one.name
                self._failed_at.pop(one.wanted, None)
        if long:
            _log.info("sentences too long, shorter ones are said", count=len(long), chars=len(long[0]))
        if failed:
            self._failed_at |= dict.fromkeys((one.wanted for one in failed), time.monotonic())
            _log.warning("sounds not rendered", count=len(failed), problem=failed[0].problem)

    def _ready(self, texts: Texts) -> Sounds:
        return Sounds(
            greetings=self._named(texts.greetings),
            by_did=self._named(texts.by_did),
            by_region=self._named(texts.by_region),
            by_order=self._named(texts.by_order),
            by_site=self._named(texts.by_site),
        )

    def _named(self, wanted: Mapping[_K, Wanted]) -> dict[_K, str]:
        return {key: f"{FOLDER}/{self._names[one]}" for key, one in wanted.items() if one in self._names}

    def _look(self) -> None:
        """Files that somebody removed are rendered again."""
        there = {path.stem for path in self._folder.glob("*.wav")}
        self._names = {wanted: name for wanted, name in self._names.items() if name in there}

    def _settle(self, phrases: dict[str, Wanted], texts: Texts) -> None:
        """Phrases under the names that the dialplan knows; then old files go."""
        with suppress(OSError):
            for name, wanted in phrases.items():
                if wanted in self._names:
                    _link(self._folder / f"{self._names[wanted]}.wav", self._folder / f"{name}.wav")
            keep = {self._names[one] for one in [*phrases.values(), *texts.all()] if one in self._names}
            self._names = {one: name for one, name in self._names.items() if name in keep}
            _sweep(self._folder, keep | set(phrases))


def _link(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        return
    draft = target.with_name(f".{target.name}.new")
    draft.unlink(missing_ok=True)
    os.link(source, draft)
    draft.replace(target)


def _sweep(folder: Path, keep: set[str]) -> None:
    """What nobody wants any more, a day later; the time of what is wanted is kept fresh."""
    now = time.time()
    for path in folder.glob("*.wav"):
        age = now - path.stat().st_mtime
        if path.stem in keep:
            if age > KEPT_S / 2:
                os.utime(path)
        elif age > KEPT_S:
            path.unlink(missing_ok=True)


def end_executor(executor: ProcessPoolExecutor) -> None:
    """A sentence may be broken off anywhere: its file appears whole or not at all."""
    processes = getattr(executor, "_processes", None) or {}
    for process in list(processes.values()):
        with suppress(ValueError, OSError):
            process.kill()
    executor.shutdown(wait=False, cancel_futures=True)
