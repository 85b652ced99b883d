"""Records of the CEL file that may never be needed. Pure.

A call that was heard from its first channel to its last hang-up is right in the journal already: its record need be neither
read nor kept. So the records of a call that may become one wait until it has ended. All others go on at once: calls that
began before we listened, and those whose record says what other rooms ask for (calls of ours, transfers, pressed keys).
Bounded: a call that lasts long, or one too many, is kept as if nobody had heard it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from callcore.calls.attempts import is_ours
from dialplans.contract import CEL_RUNG

MAX_HELD: Final = 20_000  # records
MAX_BEGUN: Final = 20_000  # linkedids
HELD_FOR: Final = timedelta(minutes=10)  # so much is read again after a restart
_ENDED: Final = b"LINKEDID_END"
_PLAIN: Final = frozenset(
    {
        *(b"CHAN_START", b"ANSWER", b"HANGUP", b"CHAN_END", _ENDED, b"APP_START", b"APP_END"),
        *(b"BRIDGE_ENTER", b"BRIDGE_EXIT", CEL_RUNG.encode()),
    }
)
_BEFORE_LINKEDID: Final = 3


class Place(NamedTuple):
    """How far was read: identity of the file, byte offset."""

    inode: int
    offset: int


class Record(NamedTuple):
    """One record as it stands in the file, and where it begins."""

    line: bytes
    place: Place


@dataclass(slots=True)
class _Group:
    began: float  # seconds since 1970
    place: Place
    lines: list[bytes] = field(default_factory=list)
    ended: float | None = None
    is_needed: bool = False


class HeldRecords:
    """`sift` takes new records and returns those that are to be kept, whole calls in the order of the file."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}  # by linkedid, the one that began first comes first
        self._begun: dict[str, None] = {}  # kept in part: what follows is kept, too
        self._size = 0

    @property
    def first(self) -> Place | None:
        """Of the first record that waits: whoever loses the others reads on from there."""
        return next((group.place for group in self._groups.values()), None)

    def clear(self) -> None:
        self._groups, self._begun, self._size = {}, {}, 0

    def sift(
        self,
        records: Iterable[Record],
        since: datetime | None,
        saw_whole: Callable[[str], bool],
        end: datetime,
        now: datetime,
    ) -> list[bytes]:
        """`since`: from when on everything was heard, None: it is not heard. A call that ended by `end` is known whole by now, or never."""
        kept = [record.line for record in records if not self._hold(record)]
        heard = float("inf") if since is None else since.timestamp()
        oldest, ended_by = (now - HELD_FOR).timestamp(), end.timestamp()
        for linkedid, group in list(self._groups.items()):
            if group.is_needed or group.began <= heard:
                kept += self._release(linkedid)
            elif group.ended is not None and saw_whole(linkedid):
                self._drop(linkedid)
            elif group.began < oldest or self._size > MAX_HELD or (group.ended or ended_by + 1) <= ended_by:
                kept += self._release(linkedid)
        return kept

    def _hold(self, record: Record) -> bool:
        """False: it is no record of a call, or goes where the first ones of its call went."""
        parts = record.line.split(b'","', _BEFORE_LINKEDID + 1)
        if len(parts) <= _BEFORE_LINKEDID + 1 or not parts[1].replace(b".", b"", 1).isdigit():
            return False
        kind, at = parts[0][1:], float(parts[1])
        linkedid = parts[_BEFORE_LINKEDID].decode("utf-8", "replace")
        if linkedid in self._begun:
            if kind == _ENDED:
                del self._begun[linkedid]
            return False
        group = self._groups.get(linkedid)
        if group is None:
            group = self._groups[linkedid] = _Group(at, record.place, is_needed=is_ours(linkedid))
        group.lines.append(record.line)
        self._size += 1
        group.is_needed = group.is_needed or kind not in _PLAIN
        if kind == _ENDED:
            group.ended = at
        return True

    def _release(self, linkedid: str) -> list[bytes]:
        group = self._drop(linkedid)
        if group.ended is None:
            self._begun[linkedid] = None
            if len(self._begun) > MAX_BEGUN:
                del self._begun[next(iter(self._begun))]
        return group.lines

    def _drop(self, linkedid: str) -> _Group:
        group = self._groups.pop(linkedid)
        self._size -= len(group.lines)
        return group
