"""Read what the PBX wrote, also when it was killed while writing.

Asterisk writes the lengths of a WAV when it closes the file; after `kill -9` they are zero although the sound is
there. The file itself is never touched: the true lengths are worked out from its size.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recordings.model import FailureCode
from recordings.steps.errors import StepFailed

HEADER_BYTES = 44
SAMPLE_BYTES = 2
BLOCK_SAMPLES = 65_536
_PCM = 1


@dataclass(frozen=True, slots=True)
class PcmSource:
    """Mono 16-bit samples inside a file. `is_repaired` when the header's lengths were not those of the file."""

    path: Path
    rate_hz: int
    offset: int
    samples: int
    is_repaired: bool = False

    @property
    def duration_ms(self) -> int:
        return round(self.samples * 1000 / self.rate_hz)

    def blocks(self) -> "Iterator[array[int]]":
        """The samples in order, at most BLOCK_SAMPLES at a time. A file that shrank meanwhile ends earlier."""
        left = self.samples
        with self.path.open("rb") as file:
            file.seek(self.offset)
            while left > 0:
                data = file.read(min(left, BLOCK_SAMPLES) * SAMPLE_BYTES)
                if len(data) < SAMPLE_BYTES:
                    return
                block = array("h", data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES])
                if sys.byteorder == "big":
                    block.byteswap()
                left -= len(block)
                yield block


def read_source(path: Path) -> PcmSource | None:
    """Find the samples; None when there are none (44 bytes or fewer, or a header with no sound after it).

    Raises StepFailed: source-broken (no WAV), source-format (other than 16-bit mono PCM), source-unreadable.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as exc:
        raise StepFailed(FailureCode.SOURCE_UNREADABLE, f"{path.name}: {exc.strerror}") from exc
    if size <= HEADER_BYTES or not head.strip(b"\0"):
        return None
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise StepFailed(FailureCode.SOURCE_BROKEN, f"{path.name}: no WAV header")
    rate_hz, offset, told = _find_data(head, path.name)
    length = _true_length(path, offset, told, size)
    if length < SAMPLE_BYTES:
        return None
    return PcmSource(path, rate_hz, offset, length // SAMPLE_BYTES, is_repaired=length != told)


def _find_data(head: bytes, name: str) -> tuple[int, int, int]:
    """Sampling rate, offset of the samples and the length that the header tells."""
    position, rate_hz = 12, 0
    while position + 8 <= len(head):
        chunk, length = struct.unpack_from("<4sI", head, position)
        position += 8
        if chunk == b"data":
            if not rate_hz:
                break
            return rate_hz, position, length
        if chunk == b"fmt " and position + 16 <= len(head):
            coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", head, position)
            if (coding, channels, bits) != (_PCM, 1, 16) or not 4000 <= rate_hz <= 96_000:
                raise StepFailed(
                    FailureCode.SOURCE_FORMAT,
                    f"{name}: coding {coding}, {channels} channels, {bits} bits, {rate_hz} Hz",
                )
        position += length + length % 2
    raise StepFailed(FailureCode.SOURCE_BROKEN, f"{name}: no sound in the WAV")


def _true_length(path: Path, offset: int, told: int, size: int) -> int:
    """Bytes of sound. The header is believed only if its chunks end exactly at the end of the file."""
    rest = size - offset
    if told in (rest, rest - 1) and told > 0:
        return told
    if 0 < told < rest and _chunks_fill(path, offset + told + told % 2, size):
        return told
    return rest // SAMPLE_BYTES * SAMPLE_BYTES


def _chunks_fill(path: Path, position: int, size: int) -> bool:
    with path.open("rb") as file:
        while position + 8 <= size:
            file.seek(position)
            chunk, length = struct.unpack("<4sI", file.read(8))
            if not chunk.isascii() or not chunk.strip().isalnum():
                return False
            position += 8 + length + length % 2
    return position == size
