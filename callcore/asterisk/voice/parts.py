"""The robot's shelf: parts that are rendered beforehand, and messages put together out of them. A call waits for none of it:
it is begun when its message lies here whole.

A part's file is named by voice and text, or by its content when a person recorded it; a message by the parts it is made of.
"""

import asyncio
import hashlib
import multiprocessing
import os
import shutil
import time
import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from callcore.asterisk.voice.model import Voice, Wanted, file_name, voice_name
from callcore.asterisk.voice.render import give_way, put, render_all, sound_seconds
from callcore.asterisk.voice.shelf import end_executor
from callcore.asterisk.voice.sound import RATE_HZ
from callcore.kernel.logs import get_logger
from callcore.outbound.robot.speech import Part, call_parts, ready_parts
from dialplans.contract import ROBOT_SOUNDS

_log = get_logger(__name__)
LANGUAGE: Final = "ru"
BATCH: Final = 25
BATCH_LIMIT_S: Final = 120.0
TRY_AGAIN_S: Final = 60.0
KEPT_S: Final = 2 * 86_400.0  # a message of one order, and words that no other has
SWEEP_S: Final = 3600.0
LEAD_MS: Final = 700  # who has picked up brings the receiver to his ear
_LONGEST_S: Final = 120.0


class PartShelf:
    """`folder` is the PBX's sounds/dealerline/robot. `find_voice` gets the colouring that is wanted (voice_name); it may
    block; None is no voice."""

    def __init__(self, folder: Path, find_voice: Callable[[str], Voice | None], variant: str = "") -> None:
        self._folder = folder
        self._find_voice = find_voice
        self._variant = variant
        self._voice: Voice | None = None
        self._looked_at = -TRY_AGAIN_S
        self._swept_at = time.monotonic()
        self._recorded: Mapping[str, Path] = {}
        self._wanted: dict[str, None] = {}
        self._failed_at: dict[str, float] = {}

    def has_voice(self) -> bool:
        return self._voice is not None

    async def speak_as(self, variant: str, recorded: Mapping[str, Path]) -> None:
        """Another voice from now on, with what people recorded for it; what every call needs is rendered at once."""
        self._variant, self._voice, self._looked_at = variant, None, -TRY_AGAIN_S
        self._wanted, self._failed_at = {}, {}
        self.want_all()
        await self.use_recorded(recorded)

    def want_all(self) -> None:
        """Everything that any call needs, before the first one."""
        self._wanted |= dict.fromkeys(part.text for part in ready_parts())

    async def use_recorded(self, recorded: Mapping[str, Path]) -> None:
        """By the name of the phrase: the file that a person recorded, 8 kHz mono; None of them: the voice speaks."""
        self._recorded = dict(recorded)
        await asyncio.to_thread(self._name_phrases)

    async def ready(self, parts: Sequence[Part]) -> str | None:
        """See callcore.outbound.robot.ports.Speaker."""
        fixed = call_parts()
        missing = await asyncio.to_thread(self._missing, [*parts, *fixed.values()])
        if missing:
            self._wanted |= dict.fromkeys(missing)
            return None
        try:
            return await asyncio.to_thread(self._message, parts)
        except (OSError, wave.Error, EOFError) as error:
            _log.warning("message not put together", error=repr(error))
            return None

    async def listen(self, parts: Sequence[Part]) -> bytes | None:
        """The message as a WAV for a player; None while a part is not ready."""
        missing = await asyncio.to_thread(self._missing, parts)
        if missing:
            self._wanted |= dict.fromkeys(missing)
            return None
        return await asyncio.to_thread(self._joined, parts)

    async def refresh(self) -> None:
        """Renders what is wanted, in a process of its own; nothing to do costs nothing."""
        if time.monotonic() - self._swept_at > SWEEP_S:
            self._swept_at = time.monotonic()
            await asyncio.to_thread(self._sweep)
        now = time.monotonic()
        texts = [
            text for text in self._wanted if now - self._failed_at.get(text, -TRY_AGAIN_S) >= TRY_AGAIN_S
        ]
        if not texts or (voice := await self._ready_voice()) is None:
            return
        there = await asyncio.to_thread(lambda: [text for text in texts if self._of_voice(text).is_file()])
        self._forget(there)
        if rest := [text for text in texts if text not in set(there)]:
            await self._render(voice, rest)
        await asyncio.to_thread(self._name_phrases)

    async def _ready_voice(self) -> Voice | None:
        if self._voice is None and time.monotonic() - self._looked_at >= TRY_AGAIN_S:
            self._looked_at = time.monotonic()
            variant = self._variant
            voice = await asyncio.to_thread(self._find_voice, variant)
            self._voice = voice if variant == self._variant else None
            if voice is None:
                _log.warning("no voice: the robot does not call")
        return self._voice

    async def _render(self, voice: Voice, texts: list[str]) -> None:
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(1, mp_context=context, initializer=give_way)
        loop = asyncio.get_running_loop()
        try:
            for start in range(0, len(texts), BATCH):
                wanted = [Wanted((text,), LANGUAGE, _LONGEST_S) for text in texts[start : start + BATCH]]
                async with asyncio.timeout(BATCH_LIMIT_S):
                    done = await loop.run_in_executor(executor, render_all, voice, self._folder, wanted)
                self._forget([one.wanted.texts[0] for one in done if one.name])
                failed = [one for one in done if not one.name]
                self._failed_at |= {one.wanted.texts[0]: time.monotonic() for one in failed}
                if failed:
                    _log.warning("parts not rendered", count=len(failed), problem=failed[0].problem)
        except (BrokenProcessPool, OSError) as error:
            _log.warning("rendering of parts broken off", error=repr(error))
            self._failed_at |= dict.fromkeys(texts, time.monotonic())
        finally:
            end_executor(executor)

    def _forget(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._wanted.pop(text, None)
            self._failed_at.pop(text, None)

    # --- files; blocking --------------------------------------------------------------------------------------------

    def _of_voice(self, text: str) -> Path:
        name = self._voice.name if self._voice else voice_name(self._variant)
        return self._folder / f"{file_name(text, LANGUAGE, name)}.wav"

    def _file(self, part: Part) -> Path:
        return self._recorded.get(part.name) or self._of_voice(part.text)

    def _missing(self, parts: Sequence[Part]) -> list[str]:
        """Texts to render; a recording that is lost gives way to the voice."""
        self._recorded = {name: path for name, path in self._recorded.items() if path.is_file()}
        lost = [part.text for part in parts if not self._file(part).is_file()]
        phrases = () if lost else call_parts().values()
        if any(not (self._folder / f"{part.name}.wav").is_file() for part in phrases):
            self._name_phrases()
        return lost

    def _message(self, parts: Sequence[Part]) -> str:
        names = "\0".join(f"{self._file(part).name}:{part.pause_ms}" for part in parts)
        name = f"say-{hashlib.sha256(names.encode()).hexdigest()[:20]}"
        path = self._folder / f"{name}.wav"
        if not sound_seconds(path):
            put(path, self._joined(parts, LEAD_MS))
        os.utime(path)
        return f"{ROBOT_SOUNDS}/{name}"

    def _joined(self, parts: Sequence[Part], lead_ms: int = 0) -> bytes:
        samples = bytearray(2 * (RATE_HZ * lead_ms // 1000))
        for part in parts:
            path = self._file(part)
            with wave.open(str(path)) as file:
                samples += file.readframes(file.getnframes())
            samples += bytes(2 * (RATE_HZ * part.pause_ms // 1000))
            with suppress(OSError):
                os.utime(path)
        return wav_of(bytes(samples))

    def _name_phrases(self) -> None:
        """What the dialplan plays by itself has fixed names."""
        for name, part in call_parts().items():
            source, target = self._file(part), self._folder / f"{name}.wav"
            with suppress(OSError):
                if source.is_file() and not _is_same(source, target):
                    draft = target.with_name(f".{name}.new")
                    shutil.copyfile(source, draft)
                    draft.replace(target)

    def _sweep(self) -> None:
        """Addresses and names of people do not lie about."""
        fixed = {self._of_voice(part.text).name for part in ready_parts()} | {
            f"{name}.wav" for name in call_parts()
        }
        for path in self._folder.glob("*.wav"):
            with suppress(OSError):
                if path.name not in fixed and time.time() - path.stat().st_mtime > KEPT_S:
                    path.unlink()


def wav_of(samples: bytes) -> bytes:
    """16 bits mono at 8 kHz."""
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples)
    return buffer.getvalue()


def _is_same(one: Path, other: Path) -> bool:
    return (
        other.is_file()
        and one.stat().st_size == other.stat().st_size
        and one.read_bytes() == other.read_bytes()
    )
