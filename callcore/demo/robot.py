"""What the robot of the demo has done: the newest orders of the sites, each with one of the ends that a call can have; and one
that it still has to call: that call is made for real, so it has a recording. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callcore.calls.attempts import AttemptResult
from callcore.customers.consents import ConsentKind
from callcore.customers.tables import ConsentRow, ContactRow
from callcore.demo.customer_details import TEXT_VERSION
from callcore.demo.rows import Rows
from callcore.network.access_tables import SettingRow
from callcore.orders.model import OrderClass, OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.outbound.do_not_call import BarSource
from callcore.outbound.robot.model import RobotResult, RobotState
from callcore.outbound.tables import DoNotCallRow, RobotCallRow

Row = dict[str, Any]
CALLED: Final = 24
SETTING: Final = "robot"
_FIRST_CALL_IN: Final = timedelta(seconds=45)
_DAY: Final = range(10, 20)  # hours in which the robot surely calls
# result, keys of all tries, tries
ENDS: Final = (
    (RobotResult.CONFIRMED, "1", 1),
    (RobotResult.CONFIRMED, "/1", 2),
    (RobotResult.CHANGED, "2", 1),
    (RobotResult.CONFIRMED, "5-1", 1),
    (RobotResult.UNANSWERED, "//", 3),
    (RobotResult.PERSON, "0", 1),
    (RobotResult.CONFIRMED, "1", 1),
    (RobotResult.NO_KEY, "/5/", 3),
    (RobotResult.STOPPED, "9", 1),
    (RobotResult.CONFIRMED, "1", 1),
    (RobotResult.NOT_NEEDED, "", 0),
)


def demo_robot(told: Rows, now: datetime) -> Rows:
    """`told` are the rows of the story. The robot is on for orders from now on."""
    wanted = sorted(
        (row for table, rows in told if table is OrderRow for row in rows if _is_wanted(row)),
        key=lambda row: row["created_at"],
    )
    waiting = _waiting(wanted, now)
    others = [row for row in wanted if not waiting or row["customer_id"] != waiting[0]["customer_id"]]
    orders = others[-CALLED:]
    seqs = _last_seqs(told)
    calls, events = [], []
    for number, order in enumerate(orders):
        result, keys, tries = ENDS[number % len(ENDS)]
        at = min(now, order["created_at"] + timedelta(minutes=2 + 60 * max(0, tries - 1)))
        calls.append(_call(number + 1, order, result, keys, tries, at))
        if result is not RobotResult.NOT_NEEDED:
            events.append(_event(order, seqs.get(order["id"], 0) + 1, result, at))
    calls += [_to_call(len(calls) + 1, order, now) for order in waiting]
    return [
        (RobotCallRow, calls),
        (OrderEventRow, events),
        (DoNotCallRow, _barred(told, orders, calls)),
        (ConsentRow, _consents(orders, calls)),
        (SettingRow, [_setting(now)]),
    ]


def _is_wanted(order: Row) -> bool:
    return order["kind"] == "order" and order["org_id"] is not None


def _waiting(orders: Sequence[Row], now: datetime) -> list[Row]:
    """The newest order about which nobody has talked yet, rather of a customer for whom it is day now; at most one."""
    open_ones = [
        order
        for order in orders
        if order["contacted_at"] is None and order["status_class"] in (OrderClass.OPEN, OrderClass.WAITING)
    ]
    awake = [order for order in open_ones if now.astimezone(ZoneInfo(order["tz"])).hour in _DAY]
    return (awake or open_ones)[-1:]


def _to_call(row_id: int, order: Row, now: datetime) -> Row:
    return {
        "id": row_id,
        "order_id": order["id"],
        "cycle": order.get("cycle", 1),
        "state": RobotState.WAITING.value,
        "result": "",
        "keys": "",
        "attempts": 0,
        "call_id": "",
        "made_at": order["created_at"],
        "due_at": now + _FIRST_CALL_IN,
        "lease_until": None,
        "ended_at": None,
        "data": {"by": "robot"},
    }


def _call(row_id: int, order: Row, result: RobotResult, keys: str, tries: int, at: datetime) -> Row:
    return {
        "id": row_id,
        "order_id": order["id"],
        "cycle": order.get("cycle", 1),
        "state": RobotState.DONE.value,
        "result": result.value,
        "keys": keys,
        "attempts": tries,
        "call_id": "",
        "made_at": order["created_at"],
        "due_at": at,
        "lease_until": None,
        "ended_at": at,
        "data": {"by": "robot", "tries": _tries(result, keys, tries, at)},
    }


def _tries(result: RobotResult, keys: str, tries: int, ended_at: datetime) -> list[Row]:
    """The last was answered unless nobody ever did; those before it an hour earlier each were not."""
    told = []
    for number, pressed in enumerate(keys.split("/")[:tries]):
        is_answered = pressed or (number == tries - 1 and result is not RobotResult.UNANSWERED)
        ended = AttemptResult.TALKED if is_answered else AttemptResult.NO_ANSWER
        at = ended_at - timedelta(hours=tries - 1 - number)
        keys_of_try = pressed.replace("-", "")
        told.append(
            {"call_id": "", "result": ended.value, "reason": "", "keys": keys_of_try, "at": at.isoformat()}
        )
    return told


def _event(order: Row, seq: int, result: RobotResult, at: datetime) -> Row:
    return {
        "order_id": order["id"],
        "seq": seq,
        "kind": OrderEventKind.ROBOT.value,
        "at": at,
        "actor_id": None,
        "call_id": "",
        "data": {"field": result.value, "by": "robot"},
    }


def _last_seqs(told: Rows) -> dict[int, int]:
    found: dict[int, int] = {}
    for table, rows in told:
        if table is OrderEventRow:
            for row in rows:
                found[row["order_id"]] = max(found.get(row["order_id"], 0), row["seq"])
    return found


def _barred(told: Rows, orders: Sequence[Row], calls: Sequence[Row]) -> list[Row]:
    """The customers who pressed 9."""
    phones = {
        row["customer_id"]: row["value"]
        for table, rows in told
        if table is ContactRow
        for row in rows
        if row["kind"] == "phone"
    }
    asked = {call["order_id"]: call["ended_at"] for call in calls if call["result"] == RobotResult.STOPPED}
    numbers = {phones[order["customer_id"]]: asked[order["id"]] for order in orders if order["id"] in asked}
    return [
        {
            "id": row_id,
            "number": number,
            "source": BarSource.ROBOT.value,
            "reason": "",
            "call_id": "",
            "at": at,
            "user_id": None,
            "lifted_at": None,
            "lifted_by": None,
            "lift_reason": "",
        }
        for row_id, (number, at) in enumerate(numbers.items(), start=1)
    ]


def _consents(orders: Sequence[Row], calls: Sequence[Row]) -> list[Row]:
    """Given with the order on the site; taken back by key 9."""
    stopped = {call["order_id"]: call["ended_at"] for call in calls if call["result"] == RobotResult.STOPPED}
    refused = {order["customer_id"]: stopped[order["id"]] for order in orders if order["id"] in stopped}
    first = {order["customer_id"]: order for order in reversed(orders)}
    return [
        {
            "customer_id": customer_id,
            "kind": ConsentKind.CALLS.value,
            "text_version": TEXT_VERSION,
            "source": "site",
            "ip": "",
            "at": order["created_at"],
            "revoked_at": refused.get(customer_id),
            "revoke_source": "phone" if customer_id in refused else "",
        }
        for customer_id, order in sorted(first.items(), key=lambda item: item[1]["created_at"])
    ]


def _setting(now: datetime) -> Row:
    value = {"is_on": True, "since": now.isoformat(), "delay_minutes": 2, "manager_name": "Ольга Смирнова"}
    return {"key": SETTING, "value": value, "version": 1, "at": now, "user_id": None}
