"""All steps of one conversion, in order. Whatever happens, the answer is an Outcome; the originals are only read."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from callcore.calls.model import RecordingKind
from recordings.audio import decode, encode, loudness
from recordings.model import (
    TARGET_LUFS,
    AudioJob,
    Converted,
    Failed,
    FailureCode,
    MadeCopy,
    Outcome,
    Silent,
    SourceGroup,
    Waveform,
)
from recordings.steps.errors import StepFailed, failure_of
from recordings.steps.fill import fill_gaps
from recordings.steps.join import write_stereo
from recordings.steps.peaks import peaks, point_count
from recordings.steps.source import PcmSource, read_source
from recordings.steps.speech import measure_speech

DURATION_TOLERANCE_MS = 200
SIDES_TOLERANCE_MS = 2000
QUIETEST = 8  # A-law codes silence as ±8
MAX_GAIN_DB = 20.0
AUDIBLE = 600  # a side that was at least so loud must be heard in the copy


def convert(job: AudioJob) -> Outcome:
    """Make the playable file inside `job.scratch`, check it, and measure it."""
    try:
        job.scratch.mkdir(parents=True, exist_ok=True)
        return _convert(job)
    except StepFailed as exc:
        return Failed(exc.code, exc.detail)
    except OSError as exc:
        return Failed(failure_of(exc), f"{exc.strerror}: {Path(str(exc.filename or '')).name}")
    except Exception as exc:  # noqa: BLE001 - a border: a strange file must not end the worker process
        return Failed(FailureCode.UNEXPECTED, f"{type(exc).__name__}: {exc}"[:300])


def _convert(job: AudioJob) -> Outcome:
    group = job.group
    if not group.audio:
        return Failed(FailureCode.FILE_MISSING)
    is_voicemail = group.kind is RecordingKind.VOICEMAIL
    first = _read(group.voicemail if is_voicemail else group.customer)
    second = None if is_voicemail else _read(group.ours)
    if first is not None and group.parts:
        second = fill_gaps(group, job.joins, first, second, job.scratch / "ours.wav")
    sides = [side for side in (first, second) if side is not None]
    duration_ms = max((side.duration_ms for side in sides), default=0)
    if not sides:
        return Silent(0, may_delete=True)
    total = max(side.samples for side in sides)
    points = point_count(duration_ms)
    if not any(_is_heard(side) for side in sides):
        return Silent(duration_ms, may_delete=False)
    stereo = job.scratch / "stereo.wav"
    write_stereo(stereo, first, first if is_voicemail else second)
    waveform = Waveform(peaks(first, total, points), () if is_voicemail else peaks(second, total, points))
    measured = replace(measure_speech(first, second), loudness_lufs=loudness(stereo))
    gain_db = gain_of(measured.loudness_lufs)
    copies = []
    for audio_format in job.formats:
        target = job.scratch / f"playable.{audio_format}"
        encode(stereo, target, audio_format, job.scratch, gain_db=gain_db)
        _check(target, waveform, duration_ms, sides[0].rate_hz, 0.0 if audio_format == "wav" else gain_db)
        copies.append(MadeCopy(audio_format, target, *_seal(target)))
    return Converted(tuple(copies), duration_ms, waveform, measured, _notes(group, first, second))


def gain_of(loudness_lufs: float | None) -> float:
    """By how many dB a copy is made louder; both sides by the same, so that who spoke quietly is heard to have done so."""
    if loudness_lufs is None:
        return 0.0
    return max(-MAX_GAIN_DB, min(MAX_GAIN_DB, TARGET_LUFS - loudness_lufs))


def _read(path: Path | None) -> PcmSource | None:
    return None if path is None else read_source(path)


def _is_heard(side: PcmSource) -> bool:
    return any(max(block) > QUIETEST or min(block) < -QUIETEST for block in side.blocks())


def _check(target: Path, waveform: Waveform, duration_ms: int, rate_hz: int, gain_db: float) -> None:
    """The copy must be as long as the original, and who was heard there must be heard here."""
    audible = AUDIBLE / 3 * min(1.0, 10 ** (gain_db / 20))
    decoded = decode(target, 2, rate_hz)
    if abs(decoded.duration_ms - duration_ms) > DURATION_TOLERANCE_MS:
        raise StepFailed(FailureCode.CHECK_FAILED, f"{decoded.duration_ms} ms instead of {duration_ms}")
    for side, loudest in zip(
        (waveform.customer, waveform.ours or waveform.customer), decoded.loudest, strict=True
    ):
        if max(side) * 32_768 // 100 >= AUDIBLE and loudest < audible:
            raise StepFailed(FailureCode.CHECK_FAILED, "a voice is missing in the copy")


def _seal(target: Path) -> tuple[int, str]:
    """Bring the file to the disk; its size and SHA-256."""
    with target.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _notes(group: SourceGroup, first: PcmSource | None, second: PcmSource | None) -> tuple[str, ...]:
    notes = []
    if any(side is not None and side.is_repaired for side in (first, second)):
        notes.append("header-repaired")
    if group.kind is RecordingKind.VOICEMAIL:
        return tuple(notes)
    if first is None:
        notes.append("customer-missing")
    if second is None:
        notes.append("ours-missing")
    if first and second and abs(first.duration_ms - second.duration_ms) > SIDES_TOLERANCE_MS:
        notes.append("sides-differ")
    return tuple(notes)
