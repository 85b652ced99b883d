"""espeak-ng as a voice: one short process per sentence."""

import io
import subprocess
import sys
import wave
from array import array
from dataclasses import dataclass, replace

from callcore.asterisk.voice.model import Speech, VoiceFailed, voice_name

_SAY_TIMEOUT_S = 10
_LONGEST_TEXT = 1000
_WORDS_A_MINUTE = "180"
_VOICES = {"ru": "ru", "en": "en"}


@dataclass(frozen=True, slots=True)
class Espeak:
    """`argv` is the program without arguments; `data_dir` holds espeak-ng-data, empty for the program's own place.
    `variant` is one of its colourings of a voice, f2 or m3, empty for none."""

    argv: tuple[str, ...]
    data_dir: str = ""
    variant: str = ""

    @property
    def name(self) -> str:
        return voice_name(self.variant)

    def coloured(self, variant: str) -> "Espeak":
        return replace(self, variant=variant)

    def version(self) -> str:
        """An empty text when it cannot run."""
        try:
            done = subprocess.run(
                [*self._command(), "--version"],
                capture_output=True,
                text=True,
                timeout=_SAY_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    def say(self, text: str, language: str) -> Speech:
        voice = _VOICES.get(language, "ru") + (f"+{self.variant}" if self.variant else "")
        argv = [
            *self._command(),
            *("-v", voice, "-s", _WORDS_A_MINUTE, "-b", "1", "--stdin", "--stdout"),
        ]
        try:
            done = subprocess.run(
                argv,
                input=text[:_LONGEST_TEXT].encode(),
                capture_output=True,
                timeout=_SAY_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise VoiceFailed("voice-failed", f"espeak-ng: {error}") from error
        if done.returncode != 0 or not done.stdout:
            raise VoiceFailed(
                "voice-failed", f"espeak-ng ended with {done.returncode}: {done.stderr[:200]!r}"
            )
        return _read(done.stdout)

    def _command(self) -> list[str]:
        return [*self.argv, *(("--path", self.data_dir) if self.data_dir else ())]


def _read(data: bytes) -> Speech:
    """Its header says an endless length when it writes to a pipe: what is there is read."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise VoiceFailed("voice-failed", "espeak-ng gave another kind of sound")
            samples = array("h", file.readframes(len(data) // 2))
            rate_hz = file.getframerate()
    except (wave.Error, EOFError, ValueError) as error:
        raise VoiceFailed("voice-failed", f"espeak-ng gave no sound: {error}") from error
    if sys.byteorder == "big":
        samples.byteswap()
    return Speech(rate_hz, samples)
