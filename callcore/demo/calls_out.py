"""Calls out of the demo: on some accepted orders somebody has pressed «Позвонить клиенту» already, and nobody answered. Pure."""

from datetime import datetime, timedelta
from typing import Any, Final

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptReason, AttemptResult, AttemptState
from callcore.calls.model import CallResult, CallState, Direction, Rung
from callcore.calls.tables import CallRow
from callcore.customers.tables import ContactRow
from callcore.demo.rows import Rows
from callcore.orders.tables import OrderRow
from dialplans.contract import OUT_PREFIX

Row = dict[str, Any]
TRIED: Final = 3
ENDS: Final = (
    (AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER, CallResult.NO_ANSWER, 31),
    (AttemptResult.BUSY, AttemptReason.CUSTOMER_BUSY, CallResult.NO_ANSWER, 4),
    (AttemptResult.UNREACHABLE, AttemptReason.CUSTOMER_UNREACHABLE, CallResult.FAILED, 7),
)
_RANG_US: Final = timedelta(seconds=12)
_CLI: Final = "+74950000000"


def demo_calls_out(told: Rows, users: list[Row], now: datetime) -> Rows:
    """From the rows of the story: the newest accepted orders of dealers whose customers were not reached yet."""
    tables = dict(told)
    numbers = {row["customer_id"]: row["value"] for row in tables[ContactRow] if row["kind"] == "phone"}
    people = {row["org_id"]: row["id"] for row in reversed(users)}
    waiting = [
        row
        for row in tables[OrderRow]
        if row["status"] == "accepted" and row["contacted_at"] is None and row["customer_id"] in numbers
    ]
    tried = [row for row in waiting if row["org_id"] in people and row["accepted_at"] is not None]
    tried = sorted(tried, key=lambda row: (row["accepted_at"], row["id"]))[-TRIED:]
    last = max((row["id"] for row in tables[CallRow]), default=0)
    attempts, calls = [], []
    for number, order in enumerate(tried, start=1):
        at = min(order["accepted_at"] + timedelta(minutes=6), now - timedelta(minutes=2))
        user_id, phone = people[order["org_id"]], numbers[order["customer_id"]]
        attempt, call = _tried(number, order, user_id, phone, at)
        attempts.append(attempt)
        calls.append(call | {"id": last + number})
    return [(CallRow, calls), (AttemptRow, attempts)]


def _tried(number: int, order: Row, user_id: int, phone: str, at: datetime) -> tuple[Row, Row]:
    result, reason, ended, rang_s = ENDS[number % len(ENDS)]
    call_id, dialled = f"{OUT_PREFIX}demo-{number}", at + _RANG_US
    over = dialled + timedelta(seconds=rang_s)
    whose = {
        "call_id": call_id,
        "org_id": order["org_id"],
        "user_id": user_id,
        "customer_id": order["customer_id"],
        "order_id": order["id"],
        "ended_at": over,
    }
    attempt = whose | {
        "id": number,
        "key": f"demo-{number}",
        "open_key": None,
        "kind": AttemptKind.ORDER.value,
        "state": AttemptState.ENDED.value,
        "result": result.value,
        "reason": reason.value,
        "number": phone,
        "cli": _CLI,
        "phone_keys": [],
        "made_at": at,
        "sent_at": at,
        "ours_at": at + timedelta(seconds=5),
        "dialled_at": dialled,
        "data": {"asked": str(order["number"])},
    }
    call = whose | {
        "direction": Direction.OUTBOUND.value,
        "state": CallState.ENDED.value,
        "result": ended.value,
        "started_at": at,
        "wait_s": rang_s,
        "route": Rung.APP.value,
        "did_number": _CLI,
        "caller_number": phone,
        "caller_raw": phone,
        "region_code": order["region_code"],
        "outlet_id": order["outlet_id"],
    }
    return attempt, call
