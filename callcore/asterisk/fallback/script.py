"""Answers the PBX's question when the application does not: an AGI script on the PBX's own machine.

Reads the last published snapshot (see snapshot_file.py) and nothing else: no network, no database, no package of ours,
for it is copied alone into the PBX's folder. Anything wrong with the snapshot ends it without DL_ROUTED, and the
dialplan goes on to its static branch. Gives the same plan as callcore.routing.decide; a property test holds both together.
"""

import json
import os
import signal
import sys
import time
from array import array
from bisect import bisect_right
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = "dealerline-routing-1"
SNAPSHOT = "routing.snapshot"
BY_INSTANTS = -1  # stands for the zone of a schedule that opens and closes at these epoch seconds
BUDGET_S = 1.5  # the kernel ends the script after this, whatever it waits for
MAX_BYTES = 64_000_000
MAX_STEPS = 20
_WEEK_MIN = 7 * 24 * 60
_EPOCH_MIN = 3 * 24 * 60  # 1970-01-01 was a Thursday


class Unusable(Exception):
    """There is no snapshot to decide by; the text says why."""


def main(arguments: "list[str]") -> int:
    """Arguments: folder of pyst2, call id, dialled digits. The snapshot lies beside the script."""
    signal.setitimer(signal.ITIMER_REAL, BUDGET_S)
    packages, _call_id, did = arguments
    agi = connect(packages)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # pyst2 would only note that the caller has gone
    try:
        snapshot, numbering = read(os.path.join(os.path.dirname(__file__), SNAPSHOT), time.time())  # noqa: PTH118, PTH120
    except (OSError, Unusable) as error:
        sys.stderr.write(f"dealerline: no routing snapshot: {error}\n")
        return 1
    caller = agi.env.get("agi_callerid", "")
    for name, value in plan(snapshot, numbering, did, caller, time.time()):
        agi.set_variable(name, value)
    agi.set_variable("DL_ROUTED", "1")
    return 0


def connect(packages: str) -> "Any":
    """pyst2's AGI, silent; where this Python does not find it, the two things of it that are needed here."""
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.path.append(packages)
    try:
        from asterisk.agi import AGI
    except ImportError:
        return PlainAgi()
    return AGI(stderr=open(os.devnull, "w"))  # noqa: PTH123 - pathlib would cost a fifth of the time


class PlainAgi:
    """Environment and SET VARIABLE, nothing more."""

    def __init__(self) -> None:
        self.env: dict[str, str] = {}
        while line := sys.stdin.readline().strip():
            name, _, value = line.partition(":")
            self.env[name.strip()] = value.strip()

    def set_variable(self, name: str, value: str) -> None:
        sys.stdout.write(f'SET VARIABLE {name} "{value}"\n')
        sys.stdout.flush()
        if not sys.stdin.readline().startswith("200"):
            raise Unusable(f"the PBX did not take {name}")


# --- the snapshot ---------------------------------------------------------------------------------------------


def read(file: str, now: float) -> "tuple[dict[str, Any], tuple[array[int], array[int]]]":
    """The snapshot and the numbering plan: first numbers, and which set of regions holds from there on.

    Raises Unusable when it is foreign, cut, changed or past its time, OSError when it cannot be read."""
    with open(file, "rb") as stream:  # noqa: PTH123
        head = stream.readline(200).decode("ascii", "replace").split()
        if len(head) != 4 or head[0] != MAGIC:
            raise Unusable("not a snapshot of this version")
        rest = stream.read(MAX_BYTES + 1)
    try:
        checksum, document_bytes, all_bytes = int(head[1], 16), int(head[2]), int(head[3])
    except ValueError:
        raise Unusable("its head is damaged") from None
    if len(rest) != all_bytes or crc32(rest) != checksum:
        raise Unusable("cut, changed or too large")
    snapshot: dict[str, Any] = json.loads(rest[:document_bytes])
    if now > snapshot["valid_until"]:
        raise Unusable("past its time")
    ranges = snapshot["ranges"]
    starts, regions = array("Q"), array("H")
    middle = document_bytes + ranges * starts.itemsize
    starts.frombytes(rest[document_bytes:middle])
    regions.frombytes(rest[middle:])
    return snapshot, (starts, regions)


# --- the decision ---------------------------------------------------------------------------------------------


def plan(
    snapshot: "dict[str, Any]",
    numbering: "tuple[array[int], array[int]]",
    did: str,
    caller: str,
    now: float,
) -> "list[tuple[str, str]]":
    """Channel variables in the order of setting, as callcore.asterisk.route_reply gives them."""
    opened = _Open(snapshot, int(now))
    operators = snapshot["operators"]
    tail = [*(operators["steps"] if opened[operators["schedule"]] else ()), *snapshot["duty"]]
    room = MAX_STEPS - len(tail)
    steps: list[tuple[str, int, str]] = []
    for place in _candidates(snapshot, numbering, did, caller):
        keys, ring_s, schedule = snapshot["outlets"][place]
        if len(steps) < room and opened[schedule]:
            steps.append((keys, ring_s, "outlet"))
    pairs = [("DL_GREETING", snapshot["greeting"]), ("DL_WHISPER", snapshot["whisper"])]
    for number, (keys, ring_s, kind) in enumerate([*steps, *tail], start=1):
        pairs += [
            (f"DL_STEP_{number}_KEYS", keys),
            (f"DL_STEP_{number}_RING", str(ring_s)),
            (f"DL_STEP_{number}_KIND", kind),
        ]
    pairs.append(("DL_STEPS", str(len(steps) + len(tail))))
    return pairs


class _Open(dict):  # type: ignore[type-arg]
    """Is schedule n open now. Each is worked out once; a zone is a table of offsets for the life of the snapshot."""

    def __init__(self, snapshot: "dict[str, Any]", now: int) -> None:
        super().__init__()
        self._now = now
        self._schedules = snapshot["schedules"]
        self._minutes = [_minute_of_week(clock, now) for clock in snapshot["zones"]]

    def __missing__(self, number: int) -> bool:
        zone, edges = self._schedules[number]
        at = self._now if zone == BY_INSTANTS else self._minutes[zone]
        is_open = self[number] = bisect_right(edges, at) % 2 == 1
        return is_open


def _minute_of_week(clock: "list[list[int]]", now: int) -> int:
    """`clock`: from which epoch second on, how many seconds ahead of UTC."""
    place = max(0, bisect_right([since for since, _ in clock], now) - 1)
    return int(((now + clock[place][1]) // 60 + _EPOCH_MIN) % _WEEK_MIN)


def _candidates(
    snapshot: "dict[str, Any]", numbering: "tuple[array[int], array[int]]", did: str, caller: str
) -> "list[int]":
    """Indexes of the outlets that may take this call, in order of trying."""
    kind, of = _find_did(snapshot["dids"], did)
    if kind == "caller":
        known = snapshot["regions_known"]
        kind, of = (
            "region",
            " ".join(code for code in _regions_of(snapshot, numbering, caller) if code in known),
        )
    lists = {"org": snapshot["by_org"], "region": snapshot["by_region"]}.get(kind, {})
    found: list[int] = lists.get(of, [])
    return found


def _find_did(dids: "dict[str, list[str]]", dialled: str) -> "list[str]":
    digits = "".join(sign for sign in dialled if sign in "0123456789") if len(dialled) <= 32 else ""
    forms = [f"+{digits}"]
    if len(digits) == 11 and digits.startswith("8"):
        forms.append(f"+7{digits[1:]}")
    if len(digits) == 10:
        forms.append(f"+7{digits}")
    return next((dids[form] for form in forms if form in dids), ["operators", ""])


def _regions_of(
    snapshot: "dict[str, Any]", numbering: "tuple[array[int], array[int]]", caller: str
) -> "list[str]":
    starts, regions = numbering
    national = _national_number(caller)
    place = bisect_right(starts, national) - 1 if national is not None else -1
    codes: list[str] = snapshot["sets"][regions[place]] if place >= 0 else []
    return codes


def _national_number(text: str) -> "int | None":
    """As callcore.routing.numbering.national_number."""
    if len(text) > 40 or not text.isascii():
        return None
    number = "".join(sign for sign in text if not (sign.isspace() or sign in "()-."))
    if len(number) > 10:
        prefix, number = number[:-10], number[-10:]
        if prefix not in ("7", "+7", "8"):
            return None
    return int(number) if len(number) == 10 and number.isdigit() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
