"""The port of a voice: text in, a sound out. Others than espeak-ng fit behind it."""

import hashlib
from array import array
from dataclasses import dataclass
from typing import Protocol

from callcore.kernel.errors import DealerlineError

USUAL_VOICE = "espeak-ng-1"


class VoiceFailed(DealerlineError):
    """The voice is not there, hangs, or gave no sound. Calls go on without words."""

    retryable = True


@dataclass(frozen=True, slots=True)
class Speech:
    """Mono, 16 bits a sample."""

    rate_hz: int
    samples: "array[int]"

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate_hz


class Voice(Protocol):
    @property
    def name(self) -> str:
        """Changes when the same text would sound otherwise: part of the name of a sound's file."""
        ...

    def say(self, text: str, language: str) -> Speech:
        """Blocking. `text` is words to be read, `language` ru or en. Raises VoiceFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """One sentence: `texts` from the best to the shortest, the first that fits into `most_s` is taken."""

    texts: tuple[str, ...]
    language: str
    most_s: float


def voice_name(variant: str) -> str:
    return f"{USUAL_VOICE}+{variant}" if variant else USUAL_VOICE


def file_name(text: str, language: str, voice: str) -> str:
    return hashlib.sha256(f"{voice}\0{language}\0{text}".encode()).hexdigest()[:20]
