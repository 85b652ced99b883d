"""Which quotas cannot wait. Pure.

The largest deficit alone lets small shares pile up: a hundred dealers of 1 % are all owed half a call at once, and the last
is served when he is owed one and a half. So whoever must be served by some moment is looked for first: a dealer of p % who
had k is due no later than the number ceil(100 (k + 1) / p). Where all numbers up to some moment are spoken for (the
bottleneck), the present one goes to a dealer who is due by then. Nobody is then ever more than one away, for the shares
together are 100 % at most (the quota method of apportionment; earliest deadlines of proportionate shares).
"""

from collections.abc import Sequence
from typing import Final

_WHOLE: Final = 100  # hundredths of one; and numbers after which what is due repeats itself
_NEVER: Final = 10**9


def due_in(owed: int, percent: int) -> int:
    """How many more may pass him by; 0: the present one must be his. `owed` in hundredths, the present one counted."""
    return max(0, -((owed - _WHOLE) // percent)) if percent else _NEVER


def bottleneck(shares: Sequence[tuple[int, int]]) -> int | None:
    """Up to which number, counted from 0 as the present one, every one is spoken for. `shares`: `owed` and percent."""
    if any(owed >= _WHOLE and percent for owed, percent in shares):
        return 0
    paid = max(
        (-(owed // percent) for owed, percent in shares if percent), default=0
    )  # who is ahead is due again
    numbers = _WHOLE + min(max(0, paid), _WHOLE)
    due: list[int] = []
    for owed, percent in shares:
        due += [-(-missing // percent) for missing in range(_WHOLE - owed, percent * numbers, _WHOLE)]
    due.sort()
    return next((place for place, one in enumerate(due) if one <= place), None)
