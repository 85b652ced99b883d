"""From what a voice says to what a telephone plays: silence off, even loudness, 8 kHz, a WAV. Pure; no outside program."""

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterable
from functools import lru_cache
from operator import mul

from callcore.asterisk.voice.model import Speech, VoiceFailed

RATE_HZ = 8000
_SILENT = 250  # of 32767
_KEPT_S = 0.05  # of the silence around the words
_LOUDNESS = 3500.0  # root mean square of the speech
_PEAK = 30000
_CUT_HZ = 3600
_TAPS = 24


def telephone_wav(speech: Speech) -> tuple[bytes, float]:
    """The file's bytes and its seconds. Raises VoiceFailed for silence."""
    samples = _level(_resample(_trim(speech), speech.rate_hz))
    if sys.byteorder == "big":
        samples.byteswap()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return buffer.getvalue(), len(samples) / RATE_HZ


def _trim(speech: Speech) -> "array[int]":
    samples = speech.samples
    first = _silence(samples)
    if first == len(samples):
        raise VoiceFailed("voice-silent", "the voice gave nothing but silence")
    last = len(samples) - 1 - _silence(reversed(samples))
    kept = int(_KEPT_S * speech.rate_hz)
    return samples[max(0, first - kept) : last + kept]


def _silence(samples: Iterable[int]) -> int:
    """How many are silent before the first that is not."""
    length = 0
    for sample in samples:
        if abs(sample) > _SILENT:
            break
        length += 1
    return length


def _level(samples: "array[int]") -> "array[int]":
    """One loudness for all sentences; what would clip is left softer."""
    mean = math.sqrt(sum(map(mul, samples, samples)) / len(samples)) or 1.0
    gain = min(_LOUDNESS / mean, _PEAK / max(map(abs, samples)))
    return array("h", [int(sample * gain) for sample in samples])


def _resample(samples: "array[int]", rate_hz: int) -> "array[int]":
    """A windowed sinc for each phase of the ratio of rates: 22050 -> 8000 has 160."""
    if rate_hz == RATE_HZ:
        return samples
    common = math.gcd(rate_hz, RATE_HZ)
    down, up = rate_hz // common, RATE_HZ // common
    phases = _phases(rate_hz, up)
    padded = array("h", bytes(_TAPS)) + samples + array("h", bytes(2 * _TAPS))
    made = array("h")
    for n in range(len(samples) * up // down):
        at, phase = divmod(n * down, up)
        value = sum(map(mul, phases[phase], padded[at : at + _TAPS]))
        made.append(max(-32768, min(32767, round(value))))
    return made


@lru_cache(maxsize=4)
def _phases(rate_hz: int, up: int) -> tuple[tuple[float, ...], ...]:
    """Weights of the _TAPS samples around each fractional place; the sum of each row is 1."""
    rows = []
    for phase in range(up):
        middle = _TAPS / 2 + phase / up
        row = [_weight(n - middle, rate_hz) for n in range(_TAPS)]
        whole = sum(row)
        rows.append(tuple(weight / whole for weight in row))
    return tuple(rows)


def _weight(distance: float, rate_hz: int) -> float:
    if abs(distance) >= _TAPS / 2:
        return 0.0
    window = 0.5 + 0.5 * math.cos(2 * math.pi * distance / _TAPS)
    turn = 2 * math.pi * _CUT_HZ * distance / rate_hz
    return window * (math.sin(turn) / turn if turn else 1.0)
