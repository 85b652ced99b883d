"""The picture of a sound: the loudest sample of each short stretch, 0..100."""

from array import array

from recordings.steps.source import PcmSource

POINTS_PER_S = 4
MIN_POINTS = 200
MAX_POINTS = 2000
_FULL_SCALE = 32_768


def point_count(duration_ms: int) -> int:
    """About four points a second, enough for a short one, not too many for a long one."""
    return max(MIN_POINTS, min(MAX_POINTS, duration_ms * POINTS_PER_S // 1000))


def peaks(side: PcmSource | None, total_samples: int, points: int) -> tuple[int, ...]:
    """`points` peaks over a length of `total_samples`; what lies behind the end of a shorter side is 0."""
    if side is None or total_samples == 0:
        return (0,) * points
    loudest = [0] * points
    start = 0
    for block in side.blocks():
        _measure(block, start, total_samples, loudest)
        start += len(block)
    return tuple(min(100, round(value * 100 / _FULL_SCALE)) for value in loudest)


def _measure(block: "array[int]", start: int, total_samples: int, loudest: list[int]) -> None:
    """Take a block that begins at sample `start` into account. Point p covers samples p·total/points and on."""
    points = len(loudest)
    end = min(start + len(block), total_samples)
    position = start
    while position < end:
        point = position * points // total_samples
        border = max(position + 1, min(end, -(-(point + 1) * total_samples // points)))
        part = block[position - start : border - start]
        loudest[point] = max(loudest[point], max(part), -min(part))
        position = border
