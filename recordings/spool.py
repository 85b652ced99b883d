"""The folder that the PBX writes: which groups lie there, which are finished, and their removal. Blocking: call in a thread."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from recordings.model import RecordingKind, RecordingSettings, SourceGroup
from recordings.names import (
    CUSTOMER_SUFFIX,
    DONE_SUFFIX,
    OURS_SUFFIX,
    VOICEMAIL_SUFFIX,
    split_name,
)
from recordings.steps.errors import StepFailed
from recordings.steps.source import read_source

MAX_FILES = 20_000
KEPT_FOLDER = "kept"


def look(spool_dir: Path) -> tuple[SourceGroup, ...]:
    """Every group in the folder, oldest name first; names that are not ours are passed over. A folder that does not exist
    is an empty one."""
    groups: dict[tuple[str, RecordingKind], SourceGroup] = {}
    markers: list[Path] = []
    for path, changed_at in _files(spool_dir):
        named = split_name(path.name)
        if named is None:
            continue
        base, suffix = named
        if suffix == DONE_SUFFIX:
            markers.append(path)
        else:
            _put(groups, base, suffix, path, changed_at)
    for marker in markers:
        base = marker.name.removesuffix(DONE_SUFFIX)
        kind = RecordingKind.TALK
        if (base, kind) not in groups and (base, RecordingKind.VOICEMAIL) in groups:
            kind = RecordingKind.VOICEMAIL
        group = groups.get((base, kind), SourceGroup(base, kind))
        groups[base, kind] = replace(group, marker=marker)
    return tuple(groups[key] for key in sorted(groups))


def _files(spool_dir: Path) -> Iterable[tuple[Path, float]]:
    if not spool_dir.is_dir():
        return
    with os.scandir(spool_dir) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_FILES:
                return
            try:
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_mtime
            except FileNotFoundError:
                continue


def _put(
    groups: dict[tuple[str, RecordingKind], SourceGroup],
    base: str,
    suffix: str,
    path: Path,
    changed_at: float,
) -> None:
    kind = RecordingKind.VOICEMAIL if suffix == VOICEMAIL_SUFFIX else RecordingKind.TALK
    group = groups.get((base, kind), SourceGroup(base, kind))
    group = replace(group, newest_at=max(group.newest_at, changed_at))
    if suffix == CUSTOMER_SUFFIX:
        group = replace(group, customer=path)
    elif suffix == OURS_SUFFIX:
        group = replace(group, ours=path)
    else:
        group = replace(group, voicemail=path)
    groups[base, kind] = group


def is_finished(group: SourceGroup, now_s: float, settings: RecordingSettings, *, call_is_live: bool) -> bool:
    """Has the PBX closed these files? Its marker says so; a voicemail's header is written when the file is closed; and
    a killed PBX writes no more, so that its files are still. On a live call stillness may be a long hold."""
    if group.marker is not None:
        return True
    still_s = now_s - group.newest_at
    if still_s >= (settings.abandoned_s if call_is_live else settings.still_s):
        return True
    return group.kind is RecordingKind.VOICEMAIL and _is_closed(group.voicemail)


def _is_closed(path: Path | None) -> bool:
    try:
        source = None if path is None else read_source(path)
    except StepFailed:
        return False
    return source is not None and not source.is_repaired


def discard(group: SourceGroup, spool_dir: Path, day: str, *, keep: bool) -> None:
    """Remove the originals, or move them to `kept/<day>/`. Raises OSError; a second call goes on where the first ended."""
    folder = spool_dir / KEPT_FOLDER / day
    if keep:
        folder.mkdir(parents=True, exist_ok=True)
    for path in group.audio:
        if keep:
            path.replace(folder / path.name)
        else:
            path.unlink(missing_ok=True)
    if group.marker is not None:
        group.marker.unlink(missing_ok=True)
