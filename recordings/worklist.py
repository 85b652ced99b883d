"""What is to be done, from what lies in the spool and what the rows say. Reads nothing but headers of voicemails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from recordings.model import RecordingKind, RecordingSettings, RecordingState, SourceGroup
from recordings.names import VOICEMAIL_MARK
from recordings.queue import Entry
from recordings.spool import is_finished


@dataclass(frozen=True, slots=True)
class Work:
    entry: Entry
    group: SourceGroup


@dataclass(frozen=True, slots=True)
class Worklist:
    """`adopt`: files without a row. `convert`: rows whose files are finished. `missing`: rows whose files never came.
    `leftovers`: originals that a broken-off round did not remove."""

    adopt: tuple[SourceGroup, ...] = ()
    convert: tuple[Work, ...] = ()
    missing: tuple[Entry, ...] = ()
    leftovers: tuple[Work, ...] = ()


def possible_bases(group: SourceGroup) -> tuple[str, ...]:
    """Under which `base` the row of a group may stand: a voicemail may share its base with a talk or be marked."""
    if group.kind is RecordingKind.VOICEMAIL:
        return (group.base, f"{group.base}{VOICEMAIL_MARK}")
    return (group.base,)


def base_for(group: SourceGroup, taken: Iterable[str]) -> str:
    """The base for a new row; `base` is unique over all kinds."""
    return next(base for base in (*possible_bases(group), group.base) if base not in taken)


def pair(groups: Iterable[SourceGroup], entries: Iterable[Entry]) -> Mapping[SourceGroup, Entry | None]:
    """Each group with its row."""
    rows = {(entry.kind, entry.base): entry for entry in entries}
    return {
        group: next(
            (rows[group.kind, base] for base in possible_bases(group) if (group.kind, base) in rows), None
        )
        for group in groups
    }


def make_worklist(
    groups: tuple[SourceGroup, ...], entries: tuple[Entry, ...], now: datetime, settings: RecordingSettings
) -> Worklist:
    """Sort everything into its heap, oldest first. Blocking (headers of voicemails)."""
    adopt: list[SourceGroup] = []
    convert: list[Work] = []
    leftovers: list[Work] = []
    with_files: set[int] = set()
    for group, entry in pair(groups, entries).items():
        is_live = entry is not None and entry.is_call_live
        finished = is_finished(group, now.timestamp(), settings, call_is_live=is_live)
        if entry is not None:
            with_files.add(entry.id)
        if not finished:
            continue
        if entry is None:
            adopt.append(group)
        elif _is_due(entry, now):
            convert.append(Work(entry, group))
        elif entry.state in (RecordingState.READY, RecordingState.EMPTY):
            leftovers.append(Work(entry, group))
    missing = tuple(
        entry for entry in entries if entry.id not in with_files and _never_came(entry, now, settings)
    )
    convert.sort(key=lambda work: work.entry.id)
    return Worklist(tuple(adopt), tuple(convert), missing, tuple(leftovers))


def _is_due(entry: Entry, now: datetime) -> bool:
    match entry.state:
        case RecordingState.PENDING:
            return True
        case RecordingState.PROCESSING:
            return entry.due_at is None or entry.due_at <= now
        case RecordingState.FAILED:
            return entry.due_at is not None and entry.due_at <= now
        case RecordingState.READY | RecordingState.EMPTY:
            return False


def _never_came(entry: Entry, now: datetime, settings: RecordingSettings) -> bool:
    if not _is_due(entry, now) or entry.is_call_live:
        return False
    if entry.call_ended_at is not None:
        return now - entry.call_ended_at >= timedelta(seconds=settings.missing_s)
    return now - entry.started_at >= timedelta(seconds=settings.abandoned_s)
