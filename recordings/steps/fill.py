"""Gaps in our side are filled from what those who took the talk over said on their own channels.

The customer's recorder loses a new voice when the PBX takes its frames for late ones (dialplans.contract.RECORDING_PART): our
side then holds zeros where the customer's goes on. Where both are zeros the recording was paused, and stays so.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path

from recordings.model import SourceGroup, SourcePart, Span
from recordings.steps.errors import StepFailed
from recordings.steps.join import write_mono
from recordings.steps.source import PcmSource, read_source

PIECE_MS = 20
QUIET_PIECES = (
    25  # half a second of zeros on both sides is a pause; a customer's line is not so still by itself
)


@dataclass(frozen=True, slots=True)
class Voice:
    """One part on the clock of the recording: `start` is where it begins, `spans` where it may be used, all in samples."""

    samples: "array[int]"
    start: int
    spans: tuple[tuple[int, int], ...]


def fill_gaps(
    group: SourceGroup,
    joins: Sequence[Span],
    customer: PcmSource,
    ours: PcmSource | None,
    target: Path,
) -> PcmSource | None:
    """Our side with its gaps filled, written to `target`; the same source when there was nothing to fill.

    `joins` are the times in which those who were asked first talked with the customer, epoch ms. Blocking.
    """
    length_ms = max(customer.duration_ms, ours.duration_ms if ours else 0)
    began_ms = _ended_ms(group) - length_ms
    voices = [
        voice
        for part in group.parts
        if (voice := _voice(part, joins, began_ms, customer.rate_hz)) is not None
    ]
    if not voices:
        return ours
    pieces = _filled(customer, ours, voices, customer.rate_hz * PIECE_MS // 1000)
    write_mono(target, pieces, customer.rate_hz)
    return read_source(target)


def _ended_ms(group: SourceGroup) -> int:
    """The marker holds the moment in which the files were closed; a killed PBX left none."""
    told = group.marker.read_text(encoding="ascii", errors="replace").strip() if group.marker else ""
    return (
        int(told) if told.isdigit() and len(told) == len("1763839000000") else round(group.newest_at * 1000)
    )


def _voice(part: SourcePart, joins: Sequence[Span], began_ms: int, rate_hz: int) -> Voice | None:
    try:
        source = read_source(part.path)
    except StepFailed:  # what the recorder has is worth more than nothing
        return None
    if source is None or source.rate_hz != rate_hz:
        return None
    samples = array("h")
    for block in source.blocks():
        samples.extend(block)

    def place(at_ms: int) -> int:
        return (at_ms - began_ms) * rate_hz // 1000

    start = place(part.began_ms)
    whole = (start, start + len(samples))
    spans = (
        tuple((place(join.began_ms), place(join.ended_ms)) for join in joins) if part.is_asked else (whole,)
    )
    return Voice(samples, start, spans)


def _filled(
    customer: PcmSource, ours: PcmSource | None, voices: Sequence[Voice], size: int
) -> "Iterator[array[int]]":
    paused = _paused([any(piece) for piece in _pieces(customer, size)])
    lengths = (min(size, customer.samples - at) for at in range(0, customer.samples, size))
    at = 0
    for is_paused, length, mine in zip_longest(paused, lengths, _pieces(ours, size)):
        piece = array("h", bytes(2 * (length or 0))) if mine is None else mine
        if is_paused is False and not any(piece):
            piece = _heard(voices, at, len(piece)) or piece
        at += len(piece)
        yield piece


def _paused(sounds: Sequence[bool]) -> list[bool]:
    """Piece by piece: does it lie in a long run without any sound?"""
    return [
        is_paused
        for has_sound, run in groupby(sounds)
        for length in (sum(1 for _ in run),)
        for is_paused in [not has_sound and length >= QUIET_PIECES] * length
    ]


def _heard(voices: Sequence[Voice], at: int, size: int) -> "array[int] | None":
    """Who is heard here: of several the last to come."""
    for voice in reversed(voices):
        first = at - voice.start
        if any(start <= at < end for start, end in voice.spans) and 0 <= first <= len(voice.samples) - size:
            return voice.samples[first : first + size]
    return None


def _pieces(source: PcmSource | None, size: int) -> "Iterator[array[int]]":
    rest = array("h")
    for block in source.blocks() if source is not None else ():
        rest.extend(block)
        whole = len(rest) // size * size
        for first in range(0, whole, size):
            yield rest[first : first + size]
        rest = rest[whole:]
    if rest:
        yield rest
