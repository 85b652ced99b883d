"""The filters of the audit as they stand in the address. Pure: a wrong value narrows nothing and says so by its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.network.audit_log import AuditFilter
from web.audit.words import ACTIONS, SUBJECTS

MAX_CHARS: Final = 80
_NAMES: Final = ("person", "subject", "entity", "entity_id", "since", "until", "action")
_YEARS: Final = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class AuditForm:
    typed: Mapping[str, str]
    wanted: AuditFilter
    errors: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: str) -> str:
        values = {name: value for name, value in (dict(self.typed) | changes).items() if value}
        return urlencode(values)

    def chips(self) -> list[tuple[str, str]]:
        titles = {"person": "Кто", "subject": "О чём", "since": "С", "until": "По", "entity_id": "Номер"}
        shown = dict(self.typed) | {"subject": SUBJECTS.get(self.typed.get("subject", ""), "")}
        shown["action"] = ACTIONS.get(self.typed.get("action", ""), self.typed.get("action", ""))
        return [
            (f"{titles.get(name, 'Действие')}: {shown[name]}", f"/audit?{self.query(**{name: ''})}")
            for name in _NAMES
            if name != "entity" and shown.get(name)
        ]


def read_form(query: Mapping[str, str], tz: str) -> AuditForm:
    typed = {name: _line(query.get(name, "")) for name in _NAMES}
    errors: dict[str, str] = {}
    since, until = (_day(typed[name], name, errors, tz) for name in ("since", "until"))
    if since and until and until < since:
        errors["until"] = "Конец раньше начала: поменяйте даты"
    return AuditForm(
        typed,
        AuditFilter(
            person=typed["person"],
            subject=typed["subject"] if typed["subject"] in SUBJECTS else "",
            action=typed["action"],
            entity=typed["entity"],
            entity_id=typed["entity_id"],
            since=since,
            until=until + timedelta(days=1) if until else None,
        ),
        errors,
    )


def _line(value: str) -> str:
    return "".join(char for char in value if char.isprintable()).strip()[:MAX_CHARS]


def _day(text: str, name: str, errors: dict[str, str], tz: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        errors[name] = "Выберите дату, например 2026-03-01"
        return None
    return datetime.combine(day, time(), ZoneInfo(tz)).astimezone(UTC)
