"""Sounds for tests: make a tone, and tell from a file who was heard.

    make_tone(path, 440, 3.0)                      # a WAV as the PBX writes it: 8 kHz, 16 bits, mono
    tone_level(path, 440, channel=0)               # dB below full scale: -6 for half amplitude, -100 for nothing
    assert is_heard(path, 440, channel=0) and not is_heard(path, 620, channel=0)

Any file that ffmpeg reads will do (mp3, opus, wav). Frequencies that are multiples of 10 Hz are measured exactly; two tones
should lie at least 40 Hz apart. The level is that of the loudest tenth of the sound, so a short tone in a long silence
is found, and short gaps or jumps of phase, as RTP makes them, do not matter.
"""

import math
import struct
import subprocess
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg

RATE_HZ = 8000
SILENCE_DB = -100.0
HEARD_DB = -40.0
BLOCK_S = 0.1


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded samples, one array of 16-bit values per channel."""

    rate_hz: int
    channels: tuple[array, ...]

    @property
    def duration_s(self) -> float:
        return len(self.channels[0]) / self.rate_hz


def tone_samples(hz: float, seconds: float, level: float = 0.5, rate_hz: int = RATE_HZ) -> array:
    """A sine; `level` is the amplitude, 1.0 being full scale."""
    step = 2 * math.pi * hz / rate_hz
    return array("h", (round(32767 * level * math.sin(step * n)) for n in range(round(seconds * rate_hz))))


def make_tone(path: Path, hz: float, seconds: float, level: float = 0.5, rate_hz: int = RATE_HZ) -> Path:
    """Write a mono WAV with one tone; 0 Hz is silence."""
    return write_wav(path, tone_samples(hz, seconds, level, rate_hz), rate_hz)


def write_wav(path: Path, samples: array, rate_hz: int = RATE_HZ, told_bytes: int | None = None) -> Path:
    """Write a mono WAV. `told_bytes` is what the header says of the length; 0 is what a killed PBX leaves."""
    data = samples.tobytes()
    told = len(data) if told_bytes is None else told_bytes
    riff = 0 if told == 0 else 36 + told
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        riff,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate_hz,
        rate_hz * 2,
        2,
        16,
        b"data",
        told,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + data)
    return path


def read_sound(path: Path, rate_hz: int = RATE_HZ) -> Sound:
    """Decode any file with ffmpeg, keeping its channels (one or two)."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    said = subprocess.run(
        [ffmpeg, "-nostdin", "-i", str(path)], capture_output=True, check=False, timeout=30
    ).stderr
    count = 1 if b", mono," in said else 2
    command = [
        ffmpeg,
        "-v",
        "error",
        "-nostdin",
        "-i",
        str(path),
        "-f",
        "s16le",
        "-ac",
        str(count),
        "-ar",
        str(rate_hz),
        "-",
    ]
    samples = array("h", subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    return Sound(rate_hz, tuple(samples[channel::count] for channel in range(count)))


def tone_level(source: Path | Sound, hz: float, channel: int = 0) -> float:
    """dB relative to full scale of one frequency in one channel (0 left, 1 right), in its loudest tenth of the blocks."""
    sound = source if isinstance(source, Sound) else read_sound(source)
    samples = sound.channels[channel]
    size = round(BLOCK_S * sound.rate_hz)
    powers = sorted(
        _goertzel(samples[at : at + size], hz, sound.rate_hz)
        for at in range(0, len(samples) - size + 1, size)
    )
    loudest = powers[-max(1, len(powers) // 10) :]
    amplitude = math.sqrt(sum(loudest) / len(loudest)) if loudest else 0.0
    return max(SILENCE_DB, 20 * math.log10(amplitude)) if amplitude > 0 else SILENCE_DB


def heard_from_to(
    source: Path | Sound, hz: float, channel: int = 0, above_db: float = -22.0
) -> tuple[float, float]:
    """Seconds from the beginning: when this tone was first and last heard, to a twentieth. Fails when it was not. Louder
    than what a cut in another tone spreads over all of them."""
    sound = source if isinstance(source, Sound) else read_sound(source)
    size = round(BLOCK_S / 2 * sound.rate_hz)
    samples = sound.channels[channel]
    starts = range(0, len(samples) - size + 1, size)
    floor = 10 ** (above_db / 10)
    found = [at for at in starts if _goertzel(samples[at : at + size], hz, sound.rate_hz) > floor]
    assert found, f"{hz} Hz was not heard"
    return found[0] / sound.rate_hz, (found[-1] + size) / sound.rate_hz


def is_heard(source: Path | Sound, hz: float, channel: int = 0, above_db: float = HEARD_DB) -> bool:
    """Did this channel carry this tone clearly?"""
    return tone_level(source, hz, channel) > above_db


def likeness(source: Path | Sound, phrase: Path | Sound) -> float:
    """How nearly a sound holds this phrase, at its best place: correlation of loudness, 100 times a second. The same speech
    after a telephone line has above 0.95, anything else below 0.5."""
    heard, said = _loudness(source), _loudness(phrase)
    starts = range(max(0, len(heard) - len(said)) + 1)
    return max(_correlation(heard[at : at + len(said)], said) for at in starts)


def _loudness(source: Path | Sound) -> list[float]:
    sound = source if isinstance(source, Sound) else read_sound(source)
    size = sound.rate_hz // 100
    samples = sound.channels[0]
    blocks = (samples[at : at + size] for at in range(0, len(samples) - size + 1, size))
    return [math.sqrt(sum(sample * sample for sample in block) / size) for block in blocks]


def _correlation(one: list[float], other: list[float]) -> float:
    """Of the part that both have; 0 for what does not change."""
    pairs = list(zip(one, other, strict=False))
    mean_one, mean_other = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    both = sum((a - mean_one) * (b - mean_other) for a, b in pairs)
    alone = sum((a - mean_one) ** 2 for a, _ in pairs) * sum((b - mean_other) ** 2 for _, b in pairs)
    return both / math.sqrt(alone) if alone > 0 else 0.0


@lru_cache(maxsize=8)
def _window(size: int) -> tuple[float, ...]:
    """Hann: keeps a strong neighbouring tone out of the measure."""
    return tuple(0.5 - 0.5 * math.cos(2 * math.pi * n / size) for n in range(size))


def _goertzel(block: array, hz: float, rate_hz: int) -> float:
    """Squared amplitude of one frequency in a block, full scale being 1."""
    coefficient = 2 * math.cos(2 * math.pi * hz / rate_hz)
    before = last = 0.0
    for sample, weight in zip(block, _window(len(block)), strict=True):
        before, last = last, sample * weight + coefficient * last - before
    power = last * last + before * before - coefficient * last * before
    return power * (4 / len(block) / 32767) ** 2
