"""What is to be done, from what lies in the spool and what the rows say. Reads nothing but headers of voicemails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcore.calls.model import RecordingState
from recordings.model import RecordingSettings, SourceGroup
from recordings.names import call_id_of
from recordings.rows import Entry
from recordings.spool import is_finished

_LONGEST_CALL_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Work:
    entry: Entry
    group: SourceGroup

    @property
    def is_bare(self) -> bool:
        """Headers and no sound behind them."""
        return bool(self.group.audio) and not self.group.has_sound


@dataclass(frozen=True, slots=True)
class Worklist:
    """`adopt`: sound without a row. `convert`: rows whose files are finished. `missing`: rows whose files never came.
    `leftovers`: originals that a broken-off round did not remove. `litter`: bare headers of calls that nobody took."""

    adopt: tuple[SourceGroup, ...] = ()
    convert: tuple[Work, ...] = ()
    missing: tuple[Entry, ...] = ()
    leftovers: tuple[Work, ...] = ()
    litter: tuple[SourceGroup, ...] = ()


def make_worklist(
    groups: tuple[SourceGroup, ...],
    entries: Iterable[Entry],
    ended_calls: frozenset[str],
    now: datetime,
    settings: RecordingSettings,
) -> Worklist:
    """Sort everything into its heap, oldest row first. `ended_calls` are those of the groups' calls that the journal has
    closed. Blocking (headers of voicemails)."""
    rows = {entry.base: entry for entry in entries}
    ownerless: list[SourceGroup] = []
    finished: list[Work] = []
    for group in groups:
        has_ended = call_id_of(group.base) in ended_calls
        if is_finished(group, now.timestamp(), settings, call_has_ended=has_ended):
            if (entry := rows.get(group.base)) is None:
                ownerless.append(group)
            else:
                finished.append(Work(entry, group))
    finished.sort(key=lambda work: work.entry.id)
    with_files = {group.base for group in groups}
    return Worklist(
        adopt=tuple(group for group in ownerless if group.has_sound),
        convert=tuple(work for work in finished if _is_due(work.entry, now)),
        missing=tuple(
            entry
            for entry in rows.values()
            if entry.base not in with_files and _never_came(entry, now, settings)
        ),
        leftovers=tuple(
            work for work in finished if work.entry.state in (RecordingState.READY, RecordingState.EMPTY)
        ),
        litter=tuple(group for group in ownerless if _is_litter(group, ended_calls, now)),
    )


def _is_due(entry: Entry, now: datetime) -> bool:
    match entry.state:
        case RecordingState.PENDING:
            return True
        case RecordingState.PROCESSING:
            return entry.due_at is None or entry.due_at <= now
        case RecordingState.FAILED:
            return entry.due_at is not None and entry.due_at <= now
        case RecordingState.READY | RecordingState.EMPTY | RecordingState.DELETED:
            return False


def _never_came(entry: Entry, now: datetime, settings: RecordingSettings) -> bool:
    if not _is_due(entry, now) or entry.is_call_live:
        return False
    if entry.call_ended_at is not None:
        return now - entry.call_ended_at >= timedelta(seconds=settings.missing_s)
    return now - entry.started_at >= timedelta(seconds=settings.abandoned_s)


def _is_litter(group: SourceGroup, ended_calls: frozenset[str], now: datetime) -> bool:
    """The PBX opens its files before anybody answers. Without its marker they may still be open: a file that is removed
    then would take the talk with it."""
    if group.has_sound:
        return False
    is_closed = group.marker is not None or call_id_of(group.base) in ended_calls
    return is_closed or now.timestamp() - group.newest_at > _LONGEST_CALL_S
