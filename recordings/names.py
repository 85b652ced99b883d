"""File names: what the PBX calls its files and where the playable one goes. Pure; nothing here trusts a name."""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from dialplans.contract import RECORDING_CUSTOMER, RECORDING_DONE, RECORDING_OURS, VOICEMAIL_FILE
from recordings.model import AudioFormat, RecordingKind

CUSTOMER_SUFFIX = RECORDING_CUSTOMER.removeprefix("{base}")
OURS_SUFFIX = RECORDING_OURS.removeprefix("{base}")
DONE_SUFFIX = RECORDING_DONE.removeprefix("{base}")
VOICEMAIL_SUFFIX = VOICEMAIL_FILE.removeprefix("{base}")
VOICEMAIL_MARK = VOICEMAIL_SUFFIX.removesuffix(".wav")

_BASE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,158}[A-Za-z0-9]")
_UNIQUEID = re.compile(r"(?P<call_id>.*\d{9,10}\.\d+)(?:-.*)?")
_EPOCH = re.compile(r"(?:^|.*[^\d])(?P<epoch>\d{9,10})\.\d+")


def is_base(name: str) -> bool:
    """Letters, digits, single dots, dashes; nothing that could leave a folder or hide in it."""
    return _BASE.fullmatch(name) is not None


def split_name(file_name: str) -> tuple[str, str] | None:
    """`dealerline-1763839000.12-1-in.wav` -> its base and its suffix; None when it is no file of ours."""
    for suffix in (CUSTOMER_SUFFIX, OURS_SUFFIX, VOICEMAIL_SUFFIX, DONE_SUFFIX):
        if file_name.endswith(suffix):
            base = file_name.removesuffix(suffix)
            return (base, suffix) if is_base(base) else None
    return None


def call_id_of(base: str) -> str:
    """The call a base belongs to: a Uniqueid at its start, else the base without its last number.

    `dealerline-1763839000.12-1` -> `dealerline-1763839000.12`; `1f0c…9a-2` -> `1f0c…9a`.
    """
    found = _UNIQUEID.fullmatch(base)
    if found is not None:
        return found["call_id"]
    return re.sub(rf"(?:{VOICEMAIL_MARK})?(?:-\d{{1,3}})?$", "", base) or base


def started_at_of(base: str) -> datetime | None:
    """A Uniqueid carries the second in which its channel was made."""
    found = _EPOCH.fullmatch(call_id_of(base))
    return datetime.fromtimestamp(int(found["epoch"]), UTC) if found is not None else None


def store_path(
    base: str, kind: RecordingKind, started_at: datetime, audio_format: AudioFormat
) -> PurePosixPath:
    """Relative place of the playable file. The same for every attempt, so that a repeated one replaces its forerunner."""
    day = (started_at_of(base) or started_at).astimezone(UTC)
    tail = VOICEMAIL_MARK if kind is RecordingKind.VOICEMAIL and not base.endswith(VOICEMAIL_MARK) else ""
    return PurePosixPath(f"{day:%Y/%m/%d}") / f"{base}{tail}.{audio_format}"
