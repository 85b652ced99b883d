"""Rendering in a process of its own, below the calls in priority: one sentence after another, each file whole or not there."""

import os
import wave
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from callcore.asterisk.voice.model import Voice, VoiceFailed, Wanted, file_name
from callcore.asterisk.voice.phrases import PHRASES
from callcore.asterisk.voice.sound import telephone_wav
from callcore.asterisk.voice.spoken import spoken
from callcore.network.wording import estimated_seconds

_SURELY_LONG = 1.25  # of the seconds allowed, by the estimate: not worth the rendering


@dataclass(frozen=True, slots=True)
class Rendered:
    """`wanted` is said by the file `name`; `was_long` when it is not the first of its texts. Empty `name`: `problem`."""

    wanted: Wanted
    name: str
    was_long: bool = False
    problem: str = ""


def give_way() -> None:
    """First thing in the worker."""
    os.nice(10)


def render_all(voice: Voice, folder: Path, wanted: Sequence[Wanted]) -> list[Rendered]:
    """Never raises for a dead voice or a full disk: that sentence is then not there."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_render(voice, folder, one) for one in wanted]


def _render(voice: Voice, folder: Path, wanted: Wanted) -> Rendered:
    problem = "too long"
    for position, text in enumerate(wanted.texts):
        name = file_name(text, wanted.language, voice.name)
        path = folder / f"{name}.wav"
        is_last = position == len(wanted.texts) - 1
        if not is_last and estimated_seconds(spoken(text, wanted.language)) > _SURELY_LONG * wanted.most_s:
            continue
        try:
            seconds = sound_seconds(path) or write_sound(voice, path, text, wanted.language)
        except (VoiceFailed, OSError, ValueError) as error:
            problem = str(error)
            continue
        if seconds <= wanted.most_s:
            return Rendered(wanted, name, was_long=position > 0)
    return Rendered(wanted, "", problem=problem)


def write_sound(voice: Voice, path: Path, text: str, language: str) -> float:
    """Seconds; the file appears whole or not at all. Raises VoiceFailed, OSError."""
    data, seconds = telephone_wav(voice.say(spoken(text, language), language))
    put(path, data)
    return seconds


def put_phrases(voice: Voice, folder: Path) -> None:
    """Those that are not there yet, before the PBX's files are made. Blocking; never raises for a dead voice or a full disk."""
    with suppress(VoiceFailed, OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in PHRASES.items():
            path = folder / f"{name}.wav"
            if not path.is_file():
                write_sound(voice, path, text, name[-2:])


def put(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def sound_seconds(path: Path) -> float:
    """0 for none, or for one that is not whole."""
    try:
        with wave.open(str(path)) as file:
            return float(file.getnframes() / file.getframerate())
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return 0.0
