"""Callbacks of the demo: two sites with a button, and requests of the last days with each end that one can have. Pure."""

from datetime import datetime, timedelta
from typing import Any, Final

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptReason, AttemptResult, AttemptState
from callcore.calls.task_model import CloseReason
from callcore.customers.tables import ContactRow
from callcore.demo.rows import Rows
from callcore.kernel.ids import public_id
from callcore.orders.tables import OrderRow
from callcore.outbound.callbacks.model import LIVES, CallbackReason, CallbackSource, CallbackState
from callcore.outbound.tables import CallbackRow, CallbackSiteRow
from dialplans.contract import OUT_PREFIX

Row = dict[str, Any]
SITE_KEY: Final = "panelgrad"
DEALER_KEY: Final = "panelgrad-dealer"
# state, reason, tries, source
ENDS: Final = (
    (CallbackState.DONE, CallbackReason.TALKED, 1, CallbackSource.WIDGET),
    (CallbackState.DONE, CallbackReason.TALKED, 2, CallbackSource.WIDGET),
    (CallbackState.CLOSED, CloseReason.SPAM, 0, CallbackSource.PAGE),
    (CallbackState.DONE, CallbackReason.TALKED, 1, CallbackSource.QUEUE),
    (CallbackState.UNREACHED, CallbackReason.NO_ANSWER, 3, CallbackSource.WIDGET),
    (CallbackState.DONE, CallbackReason.TALKED, 1, CallbackSource.API),
    (CallbackState.EXPIRED, CallbackReason.OLD, 3, CallbackSource.WIDGET),
    (CallbackState.WAITING, "", 0, CallbackSource.WIDGET),
)
_OPEN: Final = (CallbackState.WAITING, CallbackState.UNREACHED)
_UNANSWERED: Final = (AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER)
_ASKED_AGO: Final = timedelta(minutes=40)
_FIRST_ID: Final = 100  # of their calls; those of the orders stand before
_PRICE: Final = 170
_LATER: Final = timedelta(days=2)  # the one that waits has chosen a time of its own


def demo_callbacks(told: Rows, now: datetime) -> Rows:
    """`told` are the rows of the story: requests of customers whom a dealer has talked with."""
    phones = _phones(told)
    requests = sorted(
        (row for table, rows in told if table is OrderRow for row in rows if _is_wanted(row, phones)),
        key=lambda row: row["created_at"],
    )[-2 * len(ENDS) :]
    seen: set[str] = set()
    found: list[Row] = []
    for order in reversed(requests):
        number = phones[order["customer_id"]]
        if number not in seen and len(found) < len(ENDS):
            seen.add(number)
            found.append(_callback(len(found) + 1, order, number, now))
    tries = [_try(row, number) for row in found for number in range(1, row["attempts"] + 1)]
    return [(CallbackSiteRow, _sites(requests, now)), (CallbackRow, found), (AttemptRow, tries)]


def _phones(told: Rows) -> dict[int, str]:
    return {
        row["customer_id"]: row["value"]
        for table, rows in told
        if table is ContactRow
        for row in rows
        if row["kind"] == "phone"
    }


def _is_wanted(order: Row, phones: dict[int, str]) -> bool:
    return order["kind"] == "request" and order["org_id"] is not None and order["customer_id"] in phones


def _sites(requests: list[Row], now: datetime) -> list[Row]:
    own = next((order["org_id"] for order in requests), None)
    shared = {"source": "site", "is_active": True, "did_id": None, "origins": [], "data": {}}
    made_at = now - timedelta(days=30)
    return [
        {"id": 1, "key": SITE_KEY, "title": "Сайт завода", "org_id": None, "made_at": made_at, **shared},
        {"id": 2, "key": DEALER_KEY, "title": "Сайт дилера", "org_id": own, "made_at": made_at, **shared},
    ]


def _callback(row_id: int, order: Row, number: str, now: datetime) -> Row:
    state, reason, tries, source = ENDS[(row_id - 1) % len(ENDS)]
    is_open = state in _OPEN
    # He who is still to be called asked after his last talk: an older request is settled by it.
    at = now - _ASKED_AGO if is_open else order["created_at"]
    ended_at = at + (LIVES if state is CallbackState.EXPIRED else timedelta(minutes=1 + 10 * tries))
    site = SITE_KEY if source is not CallbackSource.QUEUE else source.value
    return {
        "id": row_id,
        "public_id": public_id(),
        "open_key": f"{site}:{number}" if is_open else None,
        "site": site,
        "number": number,
        "name": "",
        "note": "",
        "source": source.value,
        "page": "/catalog" if source is CallbackSource.WIDGET else "",
        "medium": "",
        "campaign": "",
        "region_code": order["region_code"],
        "tz": order["tz"],
        "org_id": order["org_id"],
        "user_id": None,
        "customer_id": order["customer_id"],
        "order_id": order["id"],
        "task_id": None,
        "state": state.value,
        "reason": str(reason),
        "attempts": tries,
        "is_soon": state is not CallbackState.WAITING,
        "made_at": at,
        "refreshed_at": at,
        "due_at": now + _LATER if is_open else at,
        "lease_until": None,
        "closed_at": None if is_open else min(now, ended_at),
        "closed_by": None,
        "ip_hash": "",
    }


def _try(row: Row, number: int) -> Row:
    """The last try of a request that was talked about is the talk; the others nobody took."""
    is_talk = row["state"] == CallbackState.DONE.value and number == row["attempts"]
    at = row["made_at"] + timedelta(minutes=10 * number - 9)
    end = (AttemptResult.TALKED, AttemptReason.CUSTOMER_HUNG_UP) if is_talk else _UNANSWERED
    talk_s = 95 if is_talk else 0
    return {
        "id": _FIRST_ID + 10 * row["id"] + number,
        "call_id": f"{OUT_PREFIX}demo-callback-{row['id']}-{number}",
        "key": f"callback:{row['id']}:{number}",
        "open_key": None,
        "kind": AttemptKind.CALLBACK.value,
        "state": AttemptState.ENDED.value,
        "result": end[0].value,
        "reason": end[1].value,
        "number": row["number"],
        "cli": "+74950000000",
        "phone_keys": [],
        "org_id": row["org_id"],
        "customer_id": row["customer_id"],
        "order_id": row["order_id"],
        "owner_id": row["id"],
        "made_at": at,
        "sent_at": at,
        "ended_at": at + timedelta(seconds=40 + talk_s),
        "talk_s": talk_s,
        "cost_kopecks": _PRICE * -(-talk_s // 60),
    }
