"""Words of this room: settings, what lies in the spool, what a conversion gave. Pure values."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal

from callcore.calls.model import RecordingKind

AudioFormat = Literal["mp3", "opus", "wav"]

MIME: dict[AudioFormat, str] = {"mp3": "audio/mpeg", "opus": "audio/ogg", "wav": "audio/wav"}
FORMATS: dict[str, tuple[AudioFormat, ...]] = {
    "mp3": ("mp3",),
    "opus": ("opus",),
    "wav": ("wav",),
    "both": ("mp3", "opus"),
}
TARGET_LUFS = -18.0  # EBU R128's way of measuring, its level raised for speech on small loudspeakers


class FailureCode(StrEnum):
    """Why there is no playable file. Stable: stored in the row, shown by the health page."""

    DISK_FULL = "disk-full"
    NOT_WRITABLE = "store-not-writable"
    STORE_AWAY = "store-unavailable"
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
    """`spool_dir` is where the PBX writes, `store_dir` where playable files are made and, without another store, kept;
    never one inside the other's dated folders. `formats`: the copies of each recording, the first is the main one. A lease is renewed while its work lives, so it only has to outlast a hiccup."""

    spool_dir: Path
    store_dir: Path
    formats: tuple[AudioFormat, ...] = ("mp3",)
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
class SourcePart:
    """Our side of who took a talk over, on his own channel. `is_asked`: he was asked first, and what was said then is private."""

    path: Path
    began_ms: int  # epoch
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Epoch ms."""

    began_ms: int
    ended_ms: int


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
    parts: tuple[SourcePart, ...] = ()

    @property
    def audio(self) -> tuple[Path, ...]:
        sides = (self.customer, self.ours, self.voicemail)
        return (*(path for path in sides if path is not None), *(part.path for part in self.parts))

    @property
    def was_asked(self) -> bool:
        """Somebody was asked before he was joined: only the journal knows when that was."""
        return any(part.is_asked for part in self.parts)

    @property
    def files(self) -> tuple[Path, ...]:
        """Audio first: a marker that outlives its files is harmless, files without it would wait."""
        return (*self.audio, *((self.marker,) if self.marker is not None else ()))


@dataclass(frozen=True, slots=True)
class AudioJob:
    """One conversion. `scratch` is a folder of its own on the store's file system; the results stay in it. `joins`: when
    those who were asked first talked with the customer."""

    group: SourceGroup
    scratch: Path
    formats: tuple[AudioFormat, ...]
    limit_s: float
    joins: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Waveform:
    """Peaks 0..100 at even steps over the whole length, one list per channel; a voicemail has no `ours`."""

    customer: tuple[int, ...] = ()
    ours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """`loudness_lufs` of the source, None when too short or too quiet to tell; shares 0..1: of the time in which neither
    side speaks, and our side's part of all speech, None when nobody speaks or there is one side only."""

    loudness_lufs: float | None = None
    silence_share: float = 0.0
    talk_share: float | None = None


@dataclass(frozen=True, slots=True)
class MadeCopy:
    """A checked playable file in the scratch folder."""

    format: AudioFormat
    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Converted:
    """At least one copy, the main one first. `notes` are codes: header-repaired, customer-missing, ours-missing,
    sides-differ."""

    copies: tuple[MadeCopy, ...]
    duration_ms: int
    waveform: Waveform
    measured: Measured = Measured()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """One playable file as its row tells; `path` is its key in the store of that name."""

    format: AudioFormat
    store: str
    path: str
    size_bytes: int
    sha256: str

    @property
    def mime(self) -> str:
        return MIME[self.format]


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


class FindingCode(StrEnum):
    """What a comparison of rows and files may find. Stable: stored in reports."""

    FILE_MISSING = "file-missing"  # a row none of whose files is there
    COPY_MISSING = "copy-missing"  # another copy is there
    WRONG_SIZE = "wrong-size"
    WRONG_SUM = "wrong-sum"
    FILE_UNKNOWN = "file-unknown"  # a file of which no row speaks
    NO_ROW = "no-row"  # sound in the spool of which no row speaks; the worker's next round makes one
    GIVEN_UP = "given-up"  # a row that was given up although its originals are there


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`path` is a key of the store, or a base in the spool; `done`: again (will be made anew from its originals), lost
    (the row says so now), empty: nothing, a person decides."""

    code: FindingCode
    path: str
    store: str = ""
    recording_id: int | None = None
    call_id: str = ""
    done: str = ""


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """Both ways. `rows` and `files` were looked at, `sums` copies read through; `swept` scratch folders."""

    findings: tuple[Finding, ...] = ()
    rows: int = 0
    files: int = 0
    sums: int = 0
    swept: tuple[str, ...] = ()

    def paths(self, code: FindingCode) -> tuple[str, ...]:
        return tuple(one.path for one in self.findings if one.code is code)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(one.path for one in self.findings if one.done == "lost")

    @property
    def retried(self) -> tuple[str, ...]:
        return tuple(one.path for one in self.findings if one.done == "again")
