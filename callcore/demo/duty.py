"""The demo's duty roster with one gap, a pause, a person with hours of his own. Pure."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callcore.network.model import PhoneOwner, Role
from callcore.network.staff_tables import DutyShiftRow, PauseRow

Row = dict[str, Any]
TZ = "Europe/Moscow"
NIGHT = time(21), time(9)  # while the operators are away
DAYS_BACK, DAYS_AHEAD, GAP_IN_DAYS = 7, 14, 4
_NOTES = {4: "Ключи от шоурума у охраны", 5: "В выходные дежурим по очереди"}


def demo_duty(users: list[Row], phones: list[Row], now: datetime) -> list[tuple[type, list[Row]]]:
    """A night each but one; the second number is the next duty phone."""
    duty = [row["id"] for row in phones if row["owner"] == PhoneOwner.DUTY.value]
    operators = [row["id"] for row in phones if row["owner"] == PhoneOwner.OPERATOR.value]
    zone = ZoneInfo(TZ)
    first = now.astimezone(zone).date() - timedelta(days=DAYS_BACK)
    rows: list[Row] = []
    for number in range(DAYS_BACK + DAYS_AHEAD):
        if number == DAYS_BACK + GAP_IN_DAYS or not duty:
            continue
        day = first + timedelta(days=number)
        turn = duty[number // 2 % len(duty) :] + duty[: number // 2 % len(duty)]
        rows.append(
            {
                "id": len(rows) + 1,
                "starts_at": datetime.combine(day, NIGHT[0], tzinfo=zone).astimezone(UTC),
                "ends_at": datetime.combine(day + timedelta(days=1), NIGHT[1], tzinfo=zone).astimezone(UTC),
                "tz": TZ,
                "phone_ids": (turn + operators[:1])[:3],
                "note": _NOTES.get(day.weekday(), ""),
                "version": 1,
            }
        )
    return [(DutyShiftRow, rows), (PauseRow, _pause(users, phones, now))]


def own_hours(users: list[Row]) -> None:
    """One operator works short days; written into the rows before they are stored."""
    week = {day: [["10:00", "16:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    last = next((row for row in reversed(users) if row["role"] == Role.OPERATOR.value), None)
    for row in users:
        row["hours"] = week if row is last else None


def _pause(users: list[Row], phones: list[Row], now: datetime) -> list[Row]:
    """Of the operator before the last: the first is the one whom people sign in as."""
    with_phone = {row["user_id"] for row in phones if row["owner"] == PhoneOwner.OPERATOR.value}
    operators = [row["id"] for row in users if row["role"] == Role.OPERATOR.value and row["id"] in with_phone]
    if len(operators) < 2:
        return []
    return [
        {
            "id": 1,
            "user_id": operators[1],
            "reason": "обед",
            "started_at": now - timedelta(minutes=12),
            "until": now + timedelta(minutes=48),
            "ended_at": None,
        }
    ]
