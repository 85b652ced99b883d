"""Answers the PBX's question when the application does not: an AGI script on the PBX's own machine.

Reads the last published snapshot (see snapshot_file.py) and nothing else: no network, no database, no package of ours,
for it is copied alone into the PBX's folder, the decision put in where it is imported. Anything wrong with the snapshot ends it without DL_ROUTED, and the
dialplan goes on to its static branch. Gives the same plan as callcore.routing.decide; a property test holds both together.
"""

import json
import os
import signal
import sys
import time
from array import array
from zlib import crc32

from callcore.asterisk.fallback.choice import plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = "dealerline-routing-3"
SNAPSHOT = "routing.snapshot"
BUDGET_S = 1.5  # the kernel ends the script after this, whatever it waits for
MAX_BYTES = 64_000_000


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
