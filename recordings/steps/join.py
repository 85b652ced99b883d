"""Two mono sides become one stereo file: the customer on the left, we on the right."""

import sys
import wave
from array import array
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from recordings.model import FailureCode
from recordings.steps.errors import StepFailed
from recordings.steps.source import SAMPLE_BYTES, PcmSource


def write_stereo(target: Path, customer: PcmSource | None, ours: PcmSource | None) -> int:
    """Write a stereo WAV and return its length in frames; the shorter or missing side is silence.

    Raises StepFailed source-format when the sides were sampled differently, OSError when the disk refuses.
    """
    rates = {side.rate_hz for side in (customer, ours) if side is not None}
    if len(rates) != 1:
        raise StepFailed(FailureCode.SOURCE_FORMAT, f"sampling rates {sorted(rates)}")
    frames = 0
    with target.open("wb") as file, wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(SAMPLE_BYTES)
        writer.setframerate(rates.pop())
        for left, right in zip_longest(_blocks(customer), _blocks(ours), fillvalue=array("h")):
            block = interleave(left, right)
            frames += len(block) // 2
            writer.writeframesraw(block.tobytes())
    return frames


def write_mono(target: Path, blocks: "Iterable[array[int]]", rate_hz: int) -> None:
    """Write one side as a WAV of 16 bits. Raises OSError when the disk refuses."""
    with target.open("wb") as file, wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(SAMPLE_BYTES)
        writer.setframerate(rate_hz)
        for block in blocks:
            if sys.byteorder == "big":
                block.byteswap()
            writer.writeframesraw(block.tobytes())


def interleave(left: "array[int]", right: "array[int]") -> "array[int]":
    """Stereo samples; the shorter side is filled up with silence."""
    frames = max(len(left), len(right))
    stereo = array("h", bytes(frames * 2 * SAMPLE_BYTES))
    stereo[0 : 2 * len(left) : 2] = left
    stereo[1 : 2 * len(right) + 1 : 2] = right
    if sys.byteorder == "big":
        stereo.byteswap()
    return stereo


def _blocks(side: PcmSource | None) -> "Iterator[array[int]]":
    return iter(()) if side is None else side.blocks()
