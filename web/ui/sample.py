"""A made-up conversation for the gallery: two voices as two tones, by turns, so that the player can be tried."""

import io
import math
import wave
from array import array

RATE_HZ = 8000
LENGTH_S = 12
_TURNS = ((0, 1.5, 3.5), (1, 3.8, 6.0), (0, 6.4, 7.2), (1, 7.5, 9.8), (0, 10.1, 11.4))  # side, from, to
_TONE_HZ = (220.0, 330.0)
_PEAKS = 480


def loudness(side: int, second: float) -> float:
    """0..1: a swell over each turn of this side, with syllables in it."""
    for who, start, end in _TURNS:
        if who == side and start <= second < end:
            swell = math.sin(math.pi * (second - start) / (end - start))
            return swell * (0.55 + 0.45 * math.sin(second * 23 + side) ** 2)
    return 0.0


def peaks(side: int) -> list[int]:
    """0..100, as the recordings' own peaks."""
    return [round(100 * loudness(side, index * LENGTH_S / _PEAKS)) for index in range(_PEAKS)]


def audio() -> bytes:
    """A stereo WAV of 16 bits."""
    samples = array("h")
    for index in range(RATE_HZ * LENGTH_S):
        second = index / RATE_HZ
        for side, tone in enumerate(_TONE_HZ):
            samples.append(round(5000 * loudness(side, second) * math.sin(2 * math.pi * tone * second)))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.tobytes())
    return file.getvalue()
