"""Which files are finished, and what is to be done with them."""

import os
from array import array
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcore.calls.model import RecordingKind, RecordingState
from recordings.model import RecordingSettings
from recordings.rows import Entry
from recordings.spool import discard, look
from recordings.worklist import Worklist, make_worklist
from tests.audio import make_tone, tone_samples, write_wav

pytestmark = pytest.mark.unit

CALL = "dealerline-1763839000.12"
NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> RecordingSettings:
    return RecordingSettings(spool_dir=tmp_path / "spool", store_dir=tmp_path / "store")


def lay(
    settings: RecordingSettings,
    base: str = CALL,
    *,
    age_s: float = 0,
    marker: bool = True,
    seconds: float = 0.1,
) -> None:
    """A talk as the PBX leaves it; 0 seconds is a bare header."""
    spool = settings.spool_dir
    files = [make_tone(spool / f"{base}-{side}.wav", 440, seconds) for side in ("in", "out")]
    if marker:
        files.append(spool / f"{base}.done")
        files[-1].touch()
    for path in files:
        os.utime(path, (NOW.timestamp() - age_s,) * 2)


def entry(base: str = CALL, state: RecordingState = RecordingState.PENDING, **changes: object) -> Entry:
    values = {
        "id": 1, "call_id": CALL, "kind": RecordingKind.TALK, "base": base, "state": state, "attempts": 0,
        "due_at": None, "started_at": NOW - timedelta(hours=1), "path": "", "mime": "", "size_bytes": 0, "sha256": "", "error": "",
        "is_call_known": True, "call_ended_at": None,
    }  # fmt: skip
    return Entry(**{**values, **changes})


def work(settings: RecordingSettings, *entries: Entry, ended: frozenset[str] = frozenset()) -> Worklist:
    return make_worklist(look(settings.spool_dir), entries, ended, NOW, settings)


def test_an_absent_spool_is_an_empty_one(settings: RecordingSettings) -> None:
    assert look(settings.spool_dir) == ()


def test_a_talk_and_a_message_of_one_call(settings: RecordingSettings) -> None:
    lay(settings)
    make_tone(settings.spool_dir / f"{CALL}-vm.wav", 440, 0.1)
    (settings.spool_dir / "README").touch()
    (settings.spool_dir / "kept").mkdir()
    (settings.spool_dir / "link-in.wav").symlink_to("/etc/passwd")
    talk, message = look(settings.spool_dir)
    assert (talk.base, talk.kind, len(talk.audio), talk.marker is not None) == (
        CALL,
        RecordingKind.TALK,
        2,
        True,
    )
    assert (message.base, message.kind, len(message.audio)) == (f"{CALL}-vm", RecordingKind.VOICEMAIL, 1)


def test_a_marker_makes_files_finished_at_once(settings: RecordingSettings) -> None:
    lay(settings)
    assert [item.entry.id for item in work(settings, entry()).convert] == [1]


@pytest.mark.parametrize(
    ("way", "age_s", "has_ended", "is_taken"),
    [("t", 1, False, True), ("a", 1, True, True), ("a", 1, False, False), ("a", 31, False, True)],
)
def test_who_was_asked_first_waits_for_the_journal(
    settings: RecordingSettings, way: str, age_s: float, has_ended: bool, is_taken: bool
) -> None:
    lay(settings, age_s=age_s)
    part = settings.spool_dir / f"{CALL}-part-1763839011250-{way}.wav"
    write_wav(part, tone_samples(440, 0.1))
    os.utime(part, (NOW.timestamp() - age_s,) * 2)
    found = work(settings, entry(), ended=frozenset({CALL} if has_ended else ()))
    assert bool(found.convert) is is_taken
    for item in found.convert:
        discard(item.group, settings.spool_dir, keep=False)
        assert not list(settings.spool_dir.iterdir())


@pytest.mark.parametrize(
    ("age_s", "has_ended", "is_taken"),
    [(10, True, False), (31, True, True), (31, False, False), (899, False, False), (901, False, True)],
)
def test_without_a_marker_stillness_counts(
    settings: RecordingSettings, age_s: float, has_ended: bool, is_taken: bool
) -> None:
    lay(settings, age_s=age_s, marker=False)
    found = work(settings, entry(), ended=frozenset({CALL} if has_ended else ()))
    assert bool(found.convert) is is_taken


def test_sound_without_a_row_is_adopted(settings: RecordingSettings) -> None:
    lay(settings)
    found = work(settings)
    assert [group.base for group in found.adopt] == [CALL]
    assert found.litter == ()


def test_headers_of_a_call_that_nobody_took_are_litter(settings: RecordingSettings) -> None:
    lay(settings, seconds=0)
    found = work(settings)
    assert found.adopt == ()
    assert [group.base for group in found.litter] == [CALL]


def test_headers_that_may_still_be_open_are_left_alone(settings: RecordingSettings) -> None:
    lay(settings, seconds=0, marker=False, age_s=3600)
    found = work(settings)
    assert (found.adopt, found.litter) == ((), ())


def test_a_message_is_finished_when_its_header_is_written(settings: RecordingSettings) -> None:
    path = settings.spool_dir / f"{CALL}-vm.wav"
    write_wav(path, tone_samples(440, 0.5), told_bytes=0)
    os.utime(path, (NOW.timestamp(),) * 2)
    assert work(settings).adopt == ()
    write_wav(path, tone_samples(440, 0.5))
    os.utime(path, (NOW.timestamp(),) * 2)
    assert [group.base for group in work(settings).adopt] == [f"{CALL}-vm"]


@pytest.mark.parametrize(
    ("state", "due_in_s", "is_taken"),
    [
        (RecordingState.PROCESSING, 5, False),
        (RecordingState.PROCESSING, -1, True),
        (RecordingState.FAILED, 5, False),
        (RecordingState.FAILED, -1, True),
        (RecordingState.FAILED, None, False),
        (RecordingState.READY, None, False),
        (RecordingState.EMPTY, None, False),
    ],
)
def test_a_row_is_taken_when_it_is_due(
    settings: RecordingSettings, state: RecordingState, due_in_s: int | None, is_taken: bool
) -> None:
    lay(settings)
    due_at = None if due_in_s is None else NOW + timedelta(seconds=due_in_s)
    assert bool(work(settings, entry(state=state, due_at=due_at)).convert) is is_taken


@pytest.mark.parametrize(
    ("changes", "is_missing"),
    [
        ({}, False),
        ({"call_ended_at": NOW - timedelta(seconds=30)}, False),
        ({"call_ended_at": NOW - timedelta(seconds=61)}, True),
        ({"is_call_known": False}, True),
        ({"is_call_known": False, "started_at": NOW - timedelta(seconds=60)}, False),
        ({"call_ended_at": NOW - timedelta(hours=1), "state": RecordingState.READY}, False),
    ],
)
def test_files_that_never_came(settings: RecordingSettings, changes: dict, is_missing: bool) -> None:
    assert bool(work(settings, entry(**changes)).missing) is is_missing


def test_originals_go_or_are_kept(settings: RecordingSettings) -> None:
    lay(settings)
    (group,) = look(settings.spool_dir)
    discard(group, settings.spool_dir, keep=True)
    assert look(settings.spool_dir) == ()
    kept = sorted(path.name for path in (settings.spool_dir / "kept/2025-11-22").iterdir())
    assert kept == [f"{CALL}-in.wav", f"{CALL}-out.wav"]
    lay(settings)
    (group,) = look(settings.spool_dir)
    discard(group, settings.spool_dir, keep=False)
    discard(group, settings.spool_dir, keep=False)
    assert look(settings.spool_dir) == ()


def test_bare_headers_are_told_from_sound(settings: RecordingSettings) -> None:
    write_wav(settings.spool_dir / f"{CALL}-in.wav", array("h"))
    assert not look(settings.spool_dir)[0].has_sound
    make_tone(settings.spool_dir / f"{CALL}-out.wav", 440, 0.1)
    assert look(settings.spool_dir)[0].has_sound
