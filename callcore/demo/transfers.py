"""Handings on of the demo: each transferred call of the story has its rows, some came back first, some were not waited for."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from callcore.calls.handing import ToKind, TransferKind, TransferMeans, TransferResult
from callcore.calls.tables import CallRow, LegRow
from callcore.calls.transfer_tables import TransferRow
from callcore.demo.network_rows import Row
from callcore.demo.rows import Rows

_CAME_BACK: Final = 3  # every so many-th call
_ASKED: Final = 4
_LEFT: Final = 5
_RUNG: Final = timedelta(seconds=31)
_WAITED: Final = timedelta(seconds=14)
_TALKED: Final = timedelta(seconds=45)


def demo_transfers(told: Rows) -> Rows:
    """From the rows of the story: who talked first handed on to who talked last."""
    tables = dict(told)
    legs: dict[int, list[Row]] = defaultdict(list)
    for leg in tables[LegRow]:
        if leg["bridged_at"] is not None and leg["phone_id"] is not None:
            legs[leg["call_row_id"]].append(leg)
    moved = [call for call in tables[CallRow] if call["is_transferred"] and len(legs[call["id"]]) > 1]
    rows: list[Row] = []
    for number, call in enumerate(sorted(moved, key=lambda one: one["id"]), start=1):
        talks = sorted(legs[call["id"]], key=lambda leg: leg["bridged_at"])
        if talks[0]["phone_id"] == talks[-1]["phone_id"]:
            continue
        chain = _chain(number, call, talks[0], talks[-1])
        rows += [
            {"call_row_id": call["id"], "ordinal": ordinal, **row}
            for ordinal, row in enumerate(chain, start=1)
        ]
    return [(TransferRow, [{"id": number, **row} for number, row in enumerate(rows, start=1)])]


def _chain(number: int, call: Row, giver: Row, taker: Row) -> list[Row]:
    at: datetime = giver["ended_at"]
    is_asked = number % _ASKED == 0
    answered = _row(
        at,
        _from(giver) | _to(taker),
        kind=TransferKind.ATTENDED if is_asked else TransferKind.BLIND,
        means=TransferMeans.DESK if number % 2 else TransferMeans.PHONE,
        to_kind=_kind(taker),
        times=(taker["bridged_at"], taker["ended_at"]),
        result=TransferResult.ANSWERED,
    )
    chain = [answered]
    if number % _CAME_BACK == 0 and giver["ended_at"] - giver["bridged_at"] > _RUNG + _TALKED:
        back = giver["ended_at"] - _TALKED
        chain.insert(
            0,
            _row(
                back - _RUNG,
                _from(giver) | _to(taker) | {"returned_to": giver["user_id"]},
                kind=TransferKind.BLIND,
                means=TransferMeans.KEYS,
                to_kind=_kind(taker),
                times=(back, giver["ended_at"]),
                result=TransferResult.RETURNED,
            ),
        )
    if number % _LEFT == 0 and taker["ended_at"] - taker["bridged_at"] > _WAITED:
        left = call["ended_at"] - _WAITED
        answered |= {"ended_at": left, "talk_s": max(answered["talk_s"] - int(_WAITED.total_seconds()), 0)}
        chain.append(
            _row(
                left,
                _from(taker),
                kind=TransferKind.BLIND,
                means=TransferMeans.DESK,
                to_kind=ToKind.DUTY,
                times=(None, call["ended_at"]),
                result=TransferResult.ABANDONED,
            )
        )
    return chain


def _row(
    at: datetime,
    parties: Row,
    *,
    kind: TransferKind,
    means: TransferMeans,
    to_kind: ToKind,
    times: tuple[datetime | None, datetime],
    result: TransferResult,
) -> Row:
    answered_at, ended_at = times
    nobody: dict[str, Any] = dict.fromkeys(
        ("to_phone_id", "to_user_id", "to_outlet_id", "to_org_id", "returned_to")
    )
    return {
        **nobody,
        **parties,
        "at": at,
        "kind": kind.value,
        "means": means.value,
        "to_kind": to_kind.value,
        "to_extension": "",
        "answered_at": answered_at,
        "ended_at": ended_at,
        "wait_s": int(((answered_at or ended_at) - at).total_seconds()),
        "talk_s": int((ended_at - answered_at).total_seconds()) if answered_at else 0,
        "result": result.value,
        "is_repaired": False,
        "data": {},
    }


def _from(leg: Row) -> Row:
    return {f"from_{name}": leg[name] for name in ("phone_id", "user_id", "outlet_id", "org_id")}


def _to(leg: Row) -> Row:
    return {f"to_{name}": leg[name] for name in ("phone_id", "user_id", "outlet_id", "org_id")}


def _kind(leg: Row) -> ToKind:
    return ToKind.OUTLET if leg["user_id"] is None else ToKind.PERSON
