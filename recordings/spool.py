"""The folder that the PBX writes: which groups lie there, which are finished, and their removal. Blocking: call in a thread."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from callcore.calls.model import RecordingKind
from dialplans.contract import PartWay
from recordings.model import RecordingSettings, SourceGroup, SourcePart
from recordings.names import (
    CUSTOMER_SUFFIX,
    DONE_SUFFIX,
    OURS_SUFFIX,
    VOICEMAIL_SUFFIX,
    split_name,
    split_part,
    started_at_of,
)
from recordings.steps.errors import StepFailed
from recordings.steps.source import HEADER_BYTES, read_source

MAX_FILES = 20_000
KEPT_FOLDER = "kept"


def look(spool_dir: Path) -> tuple[SourceGroup, ...]:
    """Every group in the folder, oldest name first; names that are not ours are passed over. A folder that does not exist
    is an empty one."""
    groups: dict[str, SourceGroup] = {}
    for path, stat in _files(spool_dir):
        if (part := split_part(path.name)) is not None:
            groups[part[0]] = _with_part(groups.get(part[0]), *part, path, stat)
        elif (named := split_name(path.name)) is not None:
            base, suffix = named
            groups[base] = _with(groups.get(base), base, suffix, path, stat)
    return tuple(groups[base] for base in sorted(groups))


def _files(spool_dir: Path) -> Iterable[tuple[Path, os.stat_result]]:
    if not spool_dir.is_dir():
        return
    with os.scandir(spool_dir) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_FILES:
                return
            try:
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue


def _with(known: SourceGroup | None, base: str, suffix: str, path: Path, stat: os.stat_result) -> SourceGroup:
    kind = RecordingKind.VOICEMAIL if suffix == VOICEMAIL_SUFFIX else RecordingKind.TALK
    group = known or SourceGroup(base, kind)
    if suffix == DONE_SUFFIX:
        return replace(group, marker=path)
    group = replace(
        group,
        newest_at=max(group.newest_at, stat.st_mtime),
        has_sound=group.has_sound or stat.st_size > HEADER_BYTES,
    )
    if suffix == CUSTOMER_SUFFIX:
        return replace(group, customer=path)
    return replace(group, ours=path) if suffix == OURS_SUFFIX else replace(group, voicemail=path)


def _with_part(
    known: SourceGroup | None, base: str, began_ms: int, way: PartWay, path: Path, stat: os.stat_result
) -> SourceGroup:
    group = known or SourceGroup(base, RecordingKind.TALK)
    parts = sorted(
        (*group.parts, SourcePart(path, began_ms, way is PartWay.ASKED)), key=lambda part: part.began_ms
    )
    return replace(group, parts=tuple(parts), newest_at=max(group.newest_at, stat.st_mtime))


def is_finished(
    group: SourceGroup, now_s: float, settings: RecordingSettings, *, call_has_ended: bool
) -> bool:
    """Has the PBX closed these files? Its marker says so; a voicemail's header is written when the file is closed; and
    a killed PBX writes no more, so that its files are still. While a call lives stillness may be a long ringing. Where
    somebody was asked first the journal must have told when he was joined, if it tells at all."""
    if group.marker is not None and (
        call_has_ended or not group.was_asked or now_s - group.newest_at >= settings.still_s
    ):
        return True
    if now_s - group.newest_at >= (settings.still_s if call_has_ended else settings.abandoned_s):
        return True
    return group.kind is RecordingKind.VOICEMAIL and _is_closed(group.voicemail)


def _is_closed(path: Path | None) -> bool:
    try:
        source = None if path is None else read_source(path)
    except StepFailed:
        return False
    return source is not None and not source.is_repaired


def discard(group: SourceGroup, spool_dir: Path, *, keep: bool) -> None:
    """Remove the originals, or move them to `kept/<day>/`. Raises OSError; a second call goes on where the first ended."""
    day = started_at_of(group.base) or datetime.fromtimestamp(group.newest_at, UTC)
    folder = spool_dir / KEPT_FOLDER / f"{day:%Y-%m-%d}"
    if keep:
        folder.mkdir(parents=True, exist_ok=True)
    for path in group.audio:
        if keep:
            path.replace(folder / path.name)
        else:
            path.unlink(missing_ok=True)
    if group.marker is not None:
        group.marker.unlink(missing_ok=True)


def discard_all(groups: Sequence[SourceGroup], spool_dir: Path, *, keep: bool) -> list[tuple[str, str]]:
    """Bases whose originals could not be removed, each with the reason."""
    failed: list[tuple[str, str]] = []
    for group in groups:
        try:
            discard(group, spool_dir, keep=keep)
        except OSError as exc:
            failed.append((group.base, exc.strerror or type(exc).__name__))
    return failed
