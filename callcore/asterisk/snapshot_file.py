"""The routing snapshot as a file beside the PBX: what the local script decides by while the application is away.

One ASCII line `dealerline-routing-3 <crc32> <bytes of the document> <bytes after this line>`, a JSON document, and the
numbering plan as two arrays in the machine's own byte order (first numbers, 8 bytes each; set of regions, 2 bytes
each). It holds phone keys, our own numbers and hours; nothing of customers. Zones are offsets for the time in which the
file is valid, so that its reader needs no zone database.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

from callcore.asterisk.fallback.script import MAGIC, SNAPSHOT
from callcore.asterisk.snapshot_document import make_document
from callcore.kernel.clock import Clock
from callcore.kernel.logs import get_logger
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live

_log = get_logger(__name__)

VALID_FOR = timedelta(days=7)
RENEW_AFTER = timedelta(hours=6)


class SnapshotFile:
    """Keeps the file in step with the application: written when the snapshot is another one, when the file has gone or
    grown old, and again until a failed writing succeeds."""

    def __init__(self, folder: Path, clock: Clock, live: Callable[[], Live] = lambda: NOTHING_LIVE) -> None:
        self._path = folder / SNAPSHOT
        self._clock = clock
        self._live = live
        self._version = 0
        self._made_at: datetime | None = None
        self._is_failing = False

    def keep(self, snapshot: RoutingSnapshot) -> bool:
        """Blocking; call it often. True when the file was written now. Never raises for a disk or folder at fault."""
        now = self._clock.now()
        if not self._is_due(snapshot, now):
            return False
        try:
            write_atomically(self._path, pack(snapshot, now, live=self._live()))
        except OSError as error:
            if not self._is_failing:
                _log.warning("routing snapshot not published", path=str(self._path), error=str(error))
            self._is_failing, self._made_at = True, None
            return False
        self._version, self._made_at, self._is_failing = snapshot.version, now, False
        _log.info("routing snapshot published", version=snapshot.version)
        return True

    def _is_due(self, snapshot: RoutingSnapshot, now: datetime) -> bool:
        if self._made_at is None or snapshot.version != self._version or not self._path.is_file():
            return True
        return not timedelta() <= now - self._made_at < RENEW_AFTER


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Whole or not at all; raises OSError. No draft is left behind."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def pack(
    snapshot: RoutingSnapshot, now: datetime, valid_for: timedelta = VALID_FOR, live: Live = NOTHING_LIVE
) -> bytes:
    """The file's bytes. `now` is aware: made-at. Of what is live only the counts of quotas are in it."""
    document = json.dumps(make_document(snapshot, now, now + valid_for, live), separators=(",", ":"))
    plan, text = snapshot.numbering, document.encode("ascii")
    rest = text + plan.starts.tobytes() + plan.regions.tobytes()
    return f"{MAGIC} {crc32(rest):08x} {len(text)} {len(rest)}\n".encode("ascii") + rest
