"""The routing snapshot as a file beside the PBX: what the local script decides by while the application is away.

One ASCII line `dealerline-routing-1 <crc32> <bytes of the document> <bytes after this line>`, a JSON document, and the
numbering plan as two arrays in the machine's own byte order (first numbers, 8 bytes each; set of regions, 2 bytes
each). It holds phone keys, our own numbers and hours; nothing of customers. Zones are offsets for the time in which the
file is valid, so that its reader needs no zone database.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain
from pathlib import Path
from typing import Any
from zlib import crc32

from callcore.asterisk.fallback.script import BY_INSTANTS, MAGIC, SNAPSHOT
from callcore.kernel.clock import Clock
from callcore.kernel.logs import get_logger
from callcore.routing.model import Candidates, RouteDid, RouteOutlet, RoutingSnapshot, Step
from callcore.routing.opening import Schedule
from dialplans.contract import MAX_KEYS_PER_STEP

_log = get_logger(__name__)

VALID_FOR = timedelta(days=7)
RENEW_AFTER = timedelta(hours=6)
_HOUR_S = 3600


class SnapshotFile:
    """Keeps the file in step with the application: written when the snapshot is another one, when the file has gone or
    grown old, and again until a failed writing succeeds."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / SNAPSHOT
        self._clock = clock
        self._version = 0
        self._made_at: datetime | None = None
        self._is_failing = False

    def keep(self, snapshot: RoutingSnapshot) -> bool:
        """Blocking; call it often. True when the file was written now. Never raises for a disk or folder at fault."""
        now = self._clock.now()
        if not self._is_due(snapshot, now):
            return False
        try:
            write_atomically(self._path, pack(snapshot, now))
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


def pack(snapshot: RoutingSnapshot, now: datetime, valid_for: timedelta = VALID_FOR) -> bytes:
    """The file's bytes. `now` is aware: made-at."""
    document = json.dumps(_document(snapshot, now, now + valid_for), separators=(",", ":")).encode("ascii")
    plan = snapshot.numbering
    rest = document + plan.starts.tobytes() + plan.regions.tobytes()
    return f"{MAGIC} {crc32(rest):08x} {len(document)} {len(rest)}\n".encode("ascii") + rest


def _document(snapshot: RoutingSnapshot, now: datetime, until: datetime) -> dict[str, Any]:
    tables = _Tables(now, until)
    office = snapshot.head_office
    return {
        "version": snapshot.version,
        "made_at": int(now.timestamp()),
        "valid_until": int(until.timestamp()),
        "dids": {number: _way(did) for number, did in snapshot.dids.items()},
        "by_org": {str(org_id): tables.places(found) for org_id, found in snapshot.outlets_by_org.items()},
        "by_region": {
            " ".join(codes): tables.places(found) for codes, found in snapshot.outlets_by_region.items()
        },
        "operators": {
            "schedule": tables.schedule(office.operators_schedule),
            "steps": _steps(office.operators),
        },
        "duty": _steps(office.duty),
        "regions_known": dict.fromkeys(snapshot.region_names, 1),
        "sets": snapshot.numbering.sets,
        "ranges": len(snapshot.numbering.starts),
        "whisper": snapshot.whisper_sound,
        "greeting": snapshot.greeting_sound,
        "outlets": tables.outlets,
        "schedules": tables.schedules,
        "zones": [_clock(zone, now, until) for zone in tables.zones],
    }


class _Tables:
    """Outlets, schedules and zones, each once; others name them by their index."""

    def __init__(self, now: datetime, until: datetime) -> None:
        self._now, self._until = now, until
        self.outlets: list[tuple[str, int, int]] = []
        self.schedules: list[tuple[int, tuple[int, ...]]] = []
        self.zones: list[tzinfo] = []
        self._outlet_places: dict[int, int] = {}
        self._schedule_places: dict[Schedule, int] = {}

    def places(self, among: Candidates) -> list[int]:
        """Those without a bar, in order of trying."""
        ready = sorted(chain.from_iterable(among.places.values()))
        return [self._outlet(among.outlets[place]) for place in ready]

    def schedule(self, schedule: Schedule) -> int:
        if schedule not in self._schedule_places:
            if schedule.zone not in self.zones:
                self.zones.append(schedule.zone)
            self._schedule_places[schedule] = len(self.schedules)
            if _follows_the_week(schedule, self._now, self._until):
                self.schedules.append((self.zones.index(schedule.zone), schedule.hours.edges))
            else:
                self.schedules.append((BY_INSTANTS, _openings(schedule, self._now, self._until)))
        return self._schedule_places[schedule]

    def _outlet(self, outlet: RouteOutlet) -> int:
        if outlet.id not in self._outlet_places:
            self._outlet_places[outlet.id] = len(self.outlets)
            self.outlets.append((_keys(outlet.phone_keys), outlet.ring_s, self.schedule(outlet.schedule)))
        return self._outlet_places[outlet.id]


def _way(did: RouteDid) -> tuple[str, str]:
    """Whose call it is: the order of callcore.routing.decide."""
    if did.to_operators:
        return "operators", ""
    if did.org_id is not None:
        return "org", str(did.org_id)
    return ("region", did.region_code) if did.region_code is not None else ("caller", "")


def _steps(steps: Iterable[Step]) -> list[tuple[str, int, str]]:
    return [(_keys(step.phone_keys), step.ring_s, step.kind.value) for step in steps]


def _keys(keys: tuple[str, ...]) -> str:
    return "-".join(keys[:MAX_KEYS_PER_STEP])


def _follows_the_week(schedule: Schedule, now: datetime, until: datetime) -> bool:
    """No holiday, exception or override counts while the file is valid."""
    first, last = now.astimezone(schedule.zone).date(), until.astimezone(schedule.zone).date()
    is_overridden = schedule.override is not None and now < schedule.override.until
    return not is_overridden and not any(first <= day <= last for day in schedule.near)


def _openings(schedule: Schedule, now: datetime, until: datetime) -> tuple[int, ...]:
    """Epoch seconds at which it opens and closes in turn; 0 when it is open already."""
    edges = [0] if schedule.is_open(now) else []
    at = now
    while (change := schedule.changes_at(at)) is not None and change <= until:
        edges.append(int(change.timestamp()))
        at = change
    return tuple(edges)


def _clock(zone: tzinfo, first: datetime, last: datetime) -> list[tuple[int, int]]:
    """From which epoch second on the zone is how many seconds ahead of UTC; to the second."""
    begins, ends = int(first.timestamp()), int(last.timestamp())
    clock = [(begins, _ahead_s(zone, begins))]
    for hour in range(begins, ends, _HOUR_S):
        low, high = hour, hour + _HOUR_S
        if _ahead_s(zone, high) == clock[-1][1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _ahead_s(zone, middle) == clock[-1][1] else (low, middle)
        clock.append((high, _ahead_s(zone, high)))
    return clock


def _ahead_s(zone: tzinfo, epoch: int) -> int:
    ahead = datetime.fromtimestamp(epoch, UTC).astimezone(zone).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0
