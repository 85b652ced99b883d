"""Who speaks when: the energy of each side in short stretches, and what share of the time it makes."""

from array import array
from collections.abc import Iterator
from itertools import zip_longest
from operator import mul

from recordings.model import Measured
from recordings.steps.source import PcmSource

STRETCH_S = 0.1
SPEECH_RMS = 164  # -46 dB below full scale: over the hiss of a telephone line, under a quiet voice


def measure_speech(customer: PcmSource | None, ours: PcmSource | None) -> Measured:
    """Without the loudness. A voicemail has one side: its talk share is None."""
    total = silent = customer_speaks = ours_speaks = 0
    for left, right in zip_longest(_speaks(customer), _speaks(ours), fillvalue=False):
        total += 1
        silent += not (left or right)
        customer_speaks += left
        ours_speaks += right
    speech = customer_speaks + ours_speaks
    return Measured(
        silence_share=silent / total if total else 0.0,
        talk_share=ours_speaks / speech if speech and customer is not None and ours is not None else None,
    )


def _speaks(side: PcmSource | None) -> Iterator[bool]:
    """Of each stretch in turn; a rest shorter than a stretch counts by its own length."""
    if side is None:
        return
    length = max(1, round(side.rate_hz * STRETCH_S))
    rest: array[int] = array("h")
    for block in side.blocks():
        samples = rest + block
        whole = len(samples) // length * length
        for start in range(0, whole, length):
            yield _is_speech(samples[start : start + length])
        rest = samples[whole:]
    if rest:
        yield _is_speech(rest)


def _is_speech(stretch: "array[int]") -> bool:
    energy: int = sum(map(mul, stretch, stretch))
    return energy >= SPEECH_RMS * SPEECH_RMS * len(stretch)
