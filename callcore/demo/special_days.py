"""Days of the demo that differ from the week: exceptions and overrides, all of them ahead. Pure."""

from datetime import datetime, timedelta
from typing import Any

from callcore.network.tables import CalendarDayRow, OutletExceptionRow, OutletOverrideRow

Row = dict[str, Any]
_LONG_OUTLET = 3  # outlets by their number; a network that is smaller has fewer such days
_SHORT_OUTLET, _COUNTING_OUTLET, _HELPING_OUTLET = 4, 5, 6


def special_days(outlet_ids: list[int], now: datetime) -> list[tuple[type, list[Row]]]:
    """Written after the story, so that no call of the past depends on them. Override: an evening closed for counting."""
    known = set(outlet_ids)
    today = now.date()
    next_year = today.year + 1
    exceptions = [
        (_LONG_OUTLET, today.replace(month=12, day=30), [["09:00", "15:00"]], "Короткий предновогодний день"),
        (_SHORT_OUTLET, today + timedelta(days=9), [], "Ремонт зала"),
        (_COUNTING_OUTLET, today + timedelta(days=6), [["12:00", "18:00"]], "Приёмка товара утром"),
        (
            _HELPING_OUTLET,
            today.replace(year=next_year, month=1, day=4),
            [["10:00", "16:00"]],
            "Дежурим в праздники",
        ),
    ]
    rows = [
        {"id": number, "outlet_id": outlet_id, "day": day, "periods": periods, "reason": reason}
        for number, (outlet_id, day, periods, reason) in enumerate(exceptions, start=1)
        if outlet_id in known and day >= today
    ]
    override = {
        "outlet_id": max(known),
        "is_open": False,
        "until": now + timedelta(hours=6),
        "reason": "инвентаризация",
    }
    edit = {
        "id": 1,
        "day": today.replace(year=next_year, month=8, day=30),
        "region_code": "",
        "kind": "short",
        "title": "День строителя компании: до обеда",
    }
    return [(OutletExceptionRow, rows), (OutletOverrideRow, [override]), (CalendarDayRow, [edit])]
