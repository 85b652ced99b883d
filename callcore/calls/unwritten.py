"""Changes that the journal does not hold yet, by call and in order. Pure.

While the database is away they wait here. Newer states of a call and its legs replace older ones, so a call costs
the same however long it takes. Bounded: past MAX_CALLS the oldest ended call goes first, then the oldest; CEL
brings its row back. Past MAX_LINES lines of one call, further lines of it are not kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from callcore.calls.changes import CallRecord, Changes, Happening, LegRecord, RecordingBegun, TransferRecord
from callcore.calls.events import CallEvent
from callcore.calls.model import CallState

MAX_CALLS: Final = 10_000
MAX_LINES: Final = 300


@dataclass(slots=True)
class CallWork:
    """All that is to be written of one call in one transaction, and what to announce after it."""

    call_id: str
    record: CallRecord | None = None
    absorbed: list[str] = field(default_factory=list)
    legs: dict[str, LegRecord] = field(default_factory=dict)
    transfers: dict[int, TransferRecord] = field(default_factory=dict)
    linkedids: dict[str, None] = field(default_factory=dict)
    recordings: dict[str, RecordingBegun] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    events: list[CallEvent] = field(default_factory=list)

    def absorb(self, loser: "CallWork") -> None:
        """Legs are handed out anew by the tracker; the rest moves over."""
        self.absorbed += [loser.call_id, *loser.absorbed]
        self.linkedids |= loser.linkedids
        for base, begun in loser.recordings.items():
            self.recordings[base] = replace(begun, call_id=self.call_id)
        self.happenings[:0] = loser.happenings
        self.events[:0] = loser.events


class Unwritten:
    """`dropped` counts calls that were given up."""

    def __init__(self) -> None:
        self._works: dict[str, CallWork] = {}
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._works)

    def holds(self, call_id: str) -> bool:
        return call_id in self._works

    def add(self, changes: Changes) -> None:
        for merge in changes.merges:
            self._work(merge.into).absorb(self._works.pop(merge.call_id, CallWork(merge.call_id)))
        for record in changes.calls:
            work = self._work(record.call_id)
            if work.record is not None and record.explanation is None:
                record = replace(record, explanation=work.record.explanation)  # told once
            work.record = record
        for leg in changes.legs:
            self._work(leg.call_id).legs[leg.uniqueid] = leg
        for transfer in changes.transfers:
            self._work(transfer.call_id).transfers[transfer.ordinal] = transfer
        for seen in changes.linkedids:
            self._work(seen.call_id).linkedids[seen.linkedid] = None
        for begun in changes.recordings:
            self._work(begun.call_id).recordings[begun.base] = begun
        self._add_lines(changes)
        self._bound()

    def _add_lines(self, changes: Changes) -> None:
        for line in changes.happenings:
            lines = self._work(line.call_id).happenings
            if len(lines) < MAX_LINES:
                lines.append(line)
        for event in changes.events:
            if isinstance(event, CallEvent):
                events = self._work(_owner(event)).events
                if len(events) < MAX_LINES:
                    events.append(event)

    def first(self, limit: int) -> list[CallWork]:
        return [work for _, work in zip(range(limit), self._works.values(), strict=False)]

    def written(self, works: Iterable[CallWork]) -> None:
        for work in works:
            if self._works.get(work.call_id) is work:
                del self._works[work.call_id]

    def _work(self, call_id: str) -> CallWork:
        work = self._works.get(call_id)
        if work is None:
            work = self._works[call_id] = CallWork(call_id)
        return work

    def _bound(self) -> None:
        excess = len(self._works) - MAX_CALLS
        if excess > 0:
            for call_id in _least_needed(tuple(self._works.values()), excess):
                del self._works[call_id]
            self.dropped += excess


def _owner(event: CallEvent) -> str:
    """The news of a merged call leaves together with the call that took it."""
    return getattr(event, "merged_into", "") or event.call_id


def _least_needed(works: Sequence[CallWork], count: int) -> list[str]:
    ended = [w.call_id for w in works if w.record is not None and w.record.state is CallState.ENDED]
    alive = [w.call_id for w in works if w.record is None or w.record.state is not CallState.ENDED]
    return [*ended, *alive][:count]
