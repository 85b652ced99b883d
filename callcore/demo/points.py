"""How the dealers of the demo came by their points: orders fulfilled and failed, calls, what there was before. Pure.

The sum of a dealer's entries is what the network's file says: the first entry holds whatever the others leave.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from callcore.calls.charge_ledger import REASONS
from callcore.calls.tables import CallRow
from callcore.demo.rows import Rows
from callcore.network.ledger import PointsKind
from callcore.network.policy_tables import PointsEntryRow
from callcore.orders.tables import OrderRow

BEFORE: Final = timedelta(days=91)  # older than any order of the demo
ORDERS_KEPT: Final = 18
MISSED_KEPT: Final = 3
PRICES: Final = {"done": (PointsKind.ORDER_FULFILLED, 100), "failed": (PointsKind.ORDER_FAILED, -50)}
MISSED_PRICE: Final = -2  # as in the policies of the demo

Row = dict[str, Any]


def demo_points(orgs: list[Row], story: Rows, now: datetime) -> Rows:
    """`orgs` and `story` are rows that are written in the same go."""
    causes: dict[int, list[Row]] = defaultdict(list)
    for table, rows in story:
        if table is OrderRow:
            for row in rows:
                _add_order(causes, row, now)
        elif table is CallRow:
            for row in rows:
                _add_call(causes, row)
    entries = []
    for org in orgs:
        if org["points"]:
            entries += _entries(org, _newest(causes[org["id"]], org["points"]), now)
    entries.sort(key=lambda entry: entry["at"])
    return [(PointsEntryRow, [{"id": number} | entry for number, entry in enumerate(entries, start=1)])]


def _add_order(causes: dict[int, list[Row]], order: Row, now: datetime) -> None:
    if order["org_id"] is None or order["result"] not in PRICES:
        return
    kind, points = PRICES[order["result"]]
    at = order["closed_at"] or order["created_at"]
    key = f"order:{order['id']}:1:{order['org_id']}"
    causes[order["org_id"]].append(_row(kind, points, min(at, now), key, order_id=order["id"]))


def _add_call(causes: dict[int, list[Row]], call: Row) -> None:
    if call["org_id"] is None or call["result"] != "missed" or call["ended_at"] is None:
        return
    kind, key = PointsKind.CALL_MISSED, f"call:{call['call_id']}:tried:{call['org_id']}"
    causes[call["org_id"]].append(
        _row(kind, MISSED_PRICE, call["ended_at"], key, call_id=call["call_id"], reason=REASONS[kind])
    )


def _newest(causes: list[Row], points: int) -> list[Row]:
    """The newest calls, and of orders spread over the time so many of the newest that something was there before."""
    ordered = sorted(causes, key=lambda one: one["at"])
    orders = [one for one in ordered if one["order_id"] is not None]
    orders = orders[:: max(1, len(orders) // ORDERS_KEPT)]
    calls = [one for one in ordered if one["call_id"]][-MISSED_KEPT:]
    left = points - sum(one["points"] for one in calls)
    suffixes = [orders[-count:] for count in range(min(len(orders), ORDERS_KEPT), 0, -1)]
    return calls + next((some for some in suffixes if sum(one["points"] for one in some) <= left), [])


def _entries(org: Row, causes: list[Row], now: datetime) -> list[Row]:
    left = org["points"] - sum(one["points"] for one in causes)
    opening = _row(PointsKind.OPENING, left, now - BEFORE, f"opening:{org['id']}")
    return [one | {"org_id": org["id"]} for one in ([opening] if left else []) + causes]


def _row(
    kind: PointsKind,
    points: int,
    at: datetime,
    key: str,
    *,
    order_id: int | None = None,
    call_id: str = "",
    reason: str = "",
) -> Row:
    return {
        "kind": kind.value,
        "points": points,
        "reason": reason,
        "call_id": call_id,
        "order_id": order_id,
        "cycle": 1,
        "actor_id": None,
        "at": at,
        "dedupe_key": key,
    }
