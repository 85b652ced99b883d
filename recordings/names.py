"""File names: what the PBX calls its files and where the playable one goes. Pure; nothing here trusts a name."""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from dialplans.contract import (
    RECORDING_CUSTOMER,
    RECORDING_DONE,
    RECORDING_OURS,
    RECORDING_PART,
    VOICEMAIL_FILE,
    PartWay,
)
from recordings.model import AudioFormat

CUSTOMER_SUFFIX = RECORDING_CUSTOMER.removeprefix("{base}")
OURS_SUFFIX = RECORDING_OURS.removeprefix("{base}")
DONE_SUFFIX = RECORDING_DONE.removeprefix("{base}")
VOICEMAIL_SUFFIX = VOICEMAIL_FILE.removeprefix("{base}")
VOICEMAIL_MARK = VOICEMAIL_SUFFIX.removesuffix(".wav")

_BASE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,158}[A-Za-z0-9]")
_PART = re.compile(
    re.escape(RECORDING_PART)
    .replace(re.escape("{base}"), "(?P<base>.+)")
    .replace(re.escape("{ms}"), r"(?P<ms>\d{13})")
    .replace(re.escape("{way}"), f"(?P<way>{'|'.join(PartWay)})")
)
_UNIQUEID = re.compile(r"(?P<call_id>.*\d{9,10}\.\d+)(?:-.*)?")
_EPOCH = re.compile(r"(?:^|.*[^\d])(?P<epoch>\d{9,10})\.\d+")


def is_base(name: str) -> bool:
    """Letters, digits, single dots, dashes; nothing that could leave a folder or hide in it."""
    return _BASE.fullmatch(name) is not None


def split_name(file_name: str) -> tuple[str, str] | None:
    """`dealerline-1763839000.12-in.wav` -> the base of its row and its suffix; None when it is no file of ours. A voicemail's
    base keeps its mark, so that a call can have a talk and a message."""
    for suffix in (CUSTOMER_SUFFIX, OURS_SUFFIX, VOICEMAIL_SUFFIX, DONE_SUFFIX):
        if file_name.endswith(suffix):
            base = file_name.removesuffix(".wav" if suffix == VOICEMAIL_SUFFIX else suffix)
            return (base, suffix) if is_base(base) else None
    return None


def split_part(file_name: str) -> tuple[str, int, PartWay] | None:
    """`dealerline-1763839000.12-part-1763839011250-t.wav` -> base, epoch ms of its beginning, how its speaker came."""
    found = _PART.fullmatch(file_name)
    if found is None or not is_base(found["base"]):
        return None
    return found["base"], int(found["ms"]), PartWay(found["way"])


def call_id_of(base: str) -> str:
    """The call a base belongs to: the Uniqueid at its start, else all of it but the mark of a voicemail.

    `dealerline-1763839000.12`, `dealerline-1763839000.12-vm`, `dealerline-1763839000.12-2` -> `dealerline-1763839000.12`.
    """
    found = _UNIQUEID.fullmatch(base)
    return found["call_id"] if found is not None else base.removesuffix(VOICEMAIL_MARK)


def started_at_of(base: str) -> datetime | None:
    """A Uniqueid carries the second in which its channel was made."""
    found = _EPOCH.fullmatch(call_id_of(base))
    return datetime.fromtimestamp(int(found["epoch"]), UTC) if found is not None else None


def store_path(base: str, started_at: datetime, audio_format: AudioFormat) -> PurePosixPath:
    """Relative place of the playable file. The same for every attempt, so that a repeated one replaces its forerunner."""
    day = (started_at_of(base) or started_at).astimezone(UTC)
    return PurePosixPath(f"{day:%Y/%m/%d}") / f"{base}.{audio_format}"
