"""Words of this room: settings, what lies in the spool, what a conversion gave. Pure values."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal

from callcore.calls.model import RecordingKind

AudioFormat = Literal["mp3", "opus", "wav"]

MIME: dict[AudioFormat, str] = {"mp3": "audio/mpeg", "opus": "audio/ogg", "wav": "audio/wav"}


class FailureCode(StrEnum):
    """Why there is no playable file. Stable: stored in the row, shown by the health page."""

    DISK_FULL = "disk-full"
    NOT_WRITABLE = "store-not-writable"
    FILE_MISSING = "file-missing"
    SOURCE_BROKEN = "source-broken"
    SOURCE_FORMAT = "source-format"
    SOURCE_UNREADABLE = "source-unreadable"
    ENCODE_FAILED = "encode-failed"
    CHECK_FAILED = "check-failed"
    TIME_LIMIT = "audio-time-limit"
    WORKER_DIED = "audio-worker-died"
    UNEXPECTED = "unexpected"

    @property
    def is_curable(self) -> bool:
        """The same file may succeed once the machine is well again."""
        return self not in (FailureCode.FILE_MISSING, FailureCode.SOURCE_BROKEN, FailureCode.SOURCE_FORMAT)


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """`spool_dir` is where the PBX writes, `store_dir` where playable files are kept; never one inside the other's dated
    folders. A lease is renewed while its work lives, so it only has to outlast a hiccup."""

    spool_dir: Path
    store_dir: Path
    format: AudioFormat = "mp3"
    keep_originals: bool = False
    workers: Literal[1, 2] = 1
    scan_s: float = 10.0
    still_s: float = (
        30.0  # without a marker files must have been still for so long after the end of their call
    )
    abandoned_s: float = 900.0  # … and for so long while the call lives, or the journal does not know it
    missing_s: float = 60.0  # after the end of a call its files must have appeared
    lease_s: float = 60.0
    job_limit_s: float = 600.0
    idle_pool_s: float = 60.0
    max_attempts: int = 5
    retry_s: float = 60.0  # doubled with each attempt, at most an hour
    settle_days: int = 2  # for so long a finished recording waits for its call to appear and to end
    min_free_bytes: int = 500_000_000

    def retry_after(self, attempts: int) -> timedelta:
        """Pause after the given number of failed attempts."""
        return timedelta(seconds=min(self.retry_s * 2 ** (attempts - 1), 3600.0))


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """What the PBX left of one recording. `base` is that of the row; `newest_at` a POSIX time; paths are absolute, None when
    absent. `has_sound` when a file is longer than its header."""

    base: str
    kind: RecordingKind
    customer: Path | None = None
    ours: Path | None = None
    voicemail: Path | None = None
    marker: Path | None = None
    newest_at: float = 0.0
    has_sound: bool = False

    @property
    def audio(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.customer, self.ours, self.voicemail) if path is not None)

    @property
    def files(self) -> tuple[Path, ...]:
        """Audio first: a marker that outlives its files is harmless, files without it would wait."""
        return (*self.audio, *((self.marker,) if self.marker is not None else ()))


@dataclass(frozen=True, slots=True)
class AudioJob:
    """One conversion. `scratch` is a folder of its own on the store's file system; the result stays in it."""

    group: SourceGroup
    scratch: Path
    format: AudioFormat
    limit_s: float


@dataclass(frozen=True, slots=True)
class Waveform:
    """Peaks 0..100 at even steps over the whole length, one list per channel; a voicemail has no `ours`."""

    customer: tuple[int, ...] = ()
    ours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Converted:
    """A checked playable file in the scratch folder. `notes` are codes: header-repaired, customer-missing, ours-missing,
    sides-differ."""

    path: Path
    mime: str
    size_bytes: int
    sha256: str
    duration_ms: int
    waveform: Waveform
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing was recorded. `may_delete` when the files hold no sample at all."""

    duration_ms: int
    may_delete: bool


@dataclass(frozen=True, slots=True)
class Failed:
    code: FailureCode
    detail: str = ""


Outcome = Converted | Silent | Failed


@dataclass(frozen=True, slots=True)
class RecordingHealth:
    """Figures of the last round, for the health page and `check`."""

    waiting: int = 0
    failed: int = 0
    done_total: int = 0
    errors_total: int = 0
    free_bytes: int | None = None
    is_store_writable: bool = True
    is_space_low: bool = False
    is_busy: bool = False
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """Both ways: files without rows, rows without files. `ownerless` and `retried` are bases in the spool, `missing` and
    `unknown_files` paths in the store, `swept` scratch folders."""

    ownerless: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    unknown_files: tuple[str, ...] = ()
    swept: tuple[str, ...] = field(default=())
