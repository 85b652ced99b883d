"""What the calls of the last month left to do in the demo: mostly done, some open, some late. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from callcore.calls.after_call import title_of
from callcore.calls.model import CallResult, Direction
from callcore.calls.settings import CallSettings
from callcore.calls.task_model import CloseReason, TaskKind
from callcore.calls.task_tables import TaskRow
from callcore.demo.calls import ToldCall
from callcore.kernel.database import Base
from callcore.messaging.tables import DeliveryRow, NoticeRow
from callcore.network.model import PhoneOwner, Role

Row = dict[str, Any]
SPAN = timedelta(days=30)
PROVEN = timedelta(seconds=CallSettings().proven_talk_s)
KINDS = {
    CallResult.MISSED: TaskKind.MISSED,
    CallResult.ABANDONED: TaskKind.MISSED,
    CallResult.VOICEMAIL: TaskKind.VOICEMAIL,
    CallResult.DUTY_ANSWERED: TaskKind.DUTY,
}
OPEN_CALLBACKS, OPEN_DUTY = 7, 2  # the newest ones
TERMS = (
    timedelta(minutes=9),
    timedelta(minutes=-25),
    timedelta(hours=2),
    timedelta(minutes=40),
    timedelta(hours=-3),
    timedelta(hours=5),
    timedelta(hours=20),
    timedelta(hours=1),
    timedelta(hours=-26),
)
ENDS = (
    (CloseReason.TALKED, ""),
    (CloseReason.NO_ANSWER, "Три раза не берёт трубку"),
    (CloseReason.TALKED, "Уточнили размеры, ждёт замер"),
    (CloseReason.OTHER, "Уже купил у нас в салоне"),
    (CloseReason.SPAM, ""),
)
TELLERS = frozenset({Role.DEALER_OWNER.value, Role.DEALER_MANAGER.value, Role.SUBDEALER.value})


def demo_tasks(
    calls: Sequence[ToldCall], users: Sequence[Row], now: datetime
) -> list[tuple[type[Base], list[Row]]]:
    """`users` are rows of people. One task per caller, about the newest call that nobody has talked over since."""
    talked = _last_talks(calls)
    left = sorted(_left(calls, now), key=lambda item: item[1].started_at)
    waiting = [call for _, call in left if not _is_settled(call, talked)]
    nights = [call for call in waiting if KINDS[call.result] is TaskKind.DUTY]
    callbacks = [call for call in waiting if KINDS[call.result] is not TaskKind.DUTY]
    opened = [*nights[-OPEN_DUTY:], *callbacks[-OPEN_CALLBACKS:]]
    places = {id(call): place for place, call in enumerate(opened)}
    tasks: list[Row] = []
    for number, (row_id, call) in enumerate(left, start=1):
        task = _task(number, row_id, call)
        if (place := places.get(id(call))) is not None:
            tasks.append(task | _open(place, task, users, now))
        elif _is_settled(call, talked):
            tasks.append(task | {"closed_at": talked[call.number], "close_reason": CloseReason.TALKED.value})
        else:
            tasks.append(task | _closed(number, task, users, now))
    notices = list(_notices(tasks, users, now))
    return [(TaskRow, tasks), (NoticeRow, notices), (DeliveryRow, list(_letters(notices, users)))]


def _last_talks(calls: Sequence[ToldCall]) -> dict[str, datetime]:
    """The end of the last proven talk of each number that is known."""
    return {
        call.number: call.ended_at
        for call in sorted(calls, key=lambda call: call.started_at)
        if call.number and call.answered_at and call.ended_at and call.ended_at - call.answered_at >= PROVEN
    }


def _is_settled(call: ToldCall, talked: dict[str, datetime]) -> bool:
    """Somebody has talked with the caller since; what was agreed at night is not settled by that."""
    is_night = KINDS[call.result] is TaskKind.DUTY
    return not is_night and talked.get(call.number, call.started_at) > (call.ended_at or call.started_at)


def _left(calls: Sequence[ToldCall], now: datetime) -> Iterator[tuple[int, ToldCall]]:
    """Each night call and lost call of a hidden number, and of each caller the newest lost call; with the row's id, which
    counts from 1."""
    newest: dict[str, tuple[int, ToldCall]] = {}
    for row_id, call in enumerate(calls, start=1):
        if (
            call.direction is not Direction.INBOUND
            or call.result not in KINDS
            or call.started_at < now - SPAN
        ):
            continue
        if call.result is CallResult.DUTY_ANSWERED or not call.number:
            yield row_id, call
        else:
            newest[call.number] = (row_id, call)
    yield from newest.values()


def _task(number: int, row_id: int, call: ToldCall) -> Row:
    kind, tried = KINDS[call.result], call.first_tried
    is_dealers = tried is not None and tried.owner is PhoneOwner.OUTLET and kind is not TaskKind.DUTY
    made_at = call.ended_at or call.started_at
    return {
        "id": number,
        "kind": kind.value,
        "title": title_of(kind, call.number),
        "org_id": tried.org_id if tried is not None and is_dealers else None,
        "user_id": None,
        "call_id": call.call_id,
        "caller_number": call.number,
        "customer_id": call.customer_id,
        "order_id": call.order_id,
        "made_at": made_at,
        "due_at": made_at + (timedelta(hours=10) if kind is TaskKind.DUTY else timedelta(minutes=15)),
        "closed_at": None,
        "close_reason": "",
        "closed_by": None,
        "data": {"calls": 1, "last_row": row_id},
        "dedupe_key": f"{kind.value}:{call.call_id}",
    }


def _open(place: int, task: Row, users: Sequence[Row], now: datetime) -> Row:
    """Every third is somebody's already."""
    owner = _worker(task, users) if place % 3 == 1 else None
    is_joined = task["kind"] != TaskKind.DUTY.value and task["caller_number"]
    calls = {"calls": 1 + place % 3} if is_joined else {}
    return {
        "due_at": now + TERMS[place % len(TERMS)],
        "user_id": owner,
        "data": task["data"] | calls,
    }


def _closed(number: int, task: Row, users: Sequence[Row], now: datetime) -> Row:
    reason, comment = ENDS[number % len(ENDS)]
    closed_at = min(task["due_at"] + timedelta(minutes=number * 7 % 50 - 20), now)
    return {
        "closed_at": max(closed_at, task["made_at"] + timedelta(minutes=2)),
        "close_reason": reason.value,
        "closed_by": _worker(task, users),
        "user_id": _worker(task, users),
        "data": task["data"] | ({"comment": comment} if comment else {}),
    }


def _worker(task: Row, users: Sequence[Row]) -> int | None:
    """Somebody of the task's organisation."""
    roles = TELLERS if task["org_id"] else {Role.OPERATOR.value, Role.SUPERVISOR.value}
    own = [
        user["id"]
        for user in users
        if user["role"] in roles and (task["org_id"] is None or user["org_id"] == task["org_id"])
    ]
    return own[task["id"] % len(own)] if own else None


def _notices(tasks: Sequence[Row], users: Sequence[Row], now: datetime) -> Iterator[Row]:
    """Of the open tasks to their dealers; one old alarm to the head office, read long ago."""
    ids = iter(range(1, 10_000))
    alarm_at = now - timedelta(days=2, hours=7)
    for user in users:
        if user["role"] in (Role.ADMIN.value, Role.MANUFACTURER.value, Role.SUPERVISOR.value):
            yield {
                "id": next(ids),
                "user_id": user["id"],
                "topic": "duty:silent",
                "level": "alarm",
                "title": "Дежурный телефон подряд не ответил дважды",
                "body": "Свяжитесь с дежурным или поставьте в график другого человека: клиенты звонят сейчас.",
                "url": "/duty",
                "at": alarm_at,
                "read_at": alarm_at + timedelta(minutes=11) if user["role"] != Role.ADMIN.value else None,
                "dedupe_key": "demo:silent",
            }
    for task in tasks:
        for user in users:
            if task["closed_at"] is None and task["org_id"] == user["org_id"] and user["role"] in TELLERS:
                yield {
                    "id": next(ids),
                    "user_id": user["id"],
                    "topic": "task:made",
                    "level": "info",
                    "title": task["title"],
                    "body": "Номер и запись, если она есть, смотрите в задаче.",
                    "url": f"/tasks/{task['id']}",
                    "at": task["made_at"],
                    "read_at": None,
                    "dedupe_key": f"task:made:{task['id']}",
                }


def _letters(notices: Sequence[Row], users: Sequence[Row]) -> Iterator[Row]:
    addresses = {user["id"]: user["email"] for user in users}
    for number, notice in enumerate(notices, start=1):
        yield {
            "id": number,
            "channel": "email",
            "address": addresses[notice["user_id"]],
            "subject": notice["title"],
            "body": f"{notice['body']}\n",
            "state": "waiting",
            "attempts": 0,
            "error": "",
            "made_at": notice["at"],
            "due_at": notice["at"],
            "sent_at": None,
            "dedupe_key": f"{notice['dedupe_key']}:email:{notice['user_id']}",
        }
