"""The search of recordings as it stands in the address. Pure; a wrong value gives an error beside its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from callcore.calls.recording_views import RecordingFilter, Tab
from web.calls.filters import JournalForm, understand

TABS: Final = {
    Tab.INBOUND: "Входящие",
    Tab.OUTBOUND: "Исходящие",
    Tab.VOICEMAIL: "Голосовая почта",
}
LENGTHS: Final = {
    "0-10": "короче 10 с",
    "10-": "от 10 с",
    "60-": "от 1 мин",
    "300-": "от 5 мин",
    "600-": "от 10 мин",
}
SILENCES: Final = {"-30": "до 30 %", "30-60": "30–60 %", "60-": "от 60 %"}
_MAX_ORDER_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Form:
    """The values as typed; the names are those of the address."""

    tab: str = ""
    number: str = ""
    order: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    org: str = ""
    manager: str = ""
    length: str = ""
    silence: str = ""

    def query(self, **more: str) -> str:
        """«?tab=…» with the empty left out; «?» never stands alone."""
        pairs = {item.name: getattr(self, item.name) for item in fields(self)} | more
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else ""

    def with_(self, **values: str) -> str:
        """The address of the same search with these values instead."""
        return f"/recordings{replace(self, **values).query()}"

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, item.name) for item in fields(self) if item.name != "tab")

    @property
    def is_more(self) -> bool:
        return bool(self.length or self.silence or self.manager)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form means, but for the order, which is named by its number; `errors` by field."""

    wanted: RecordingFilter
    order: int | None
    errors: Mapping[str, str] = field(default_factory=dict)


def read_form(query: Mapping[str, str]) -> Form:
    """Known names only, without control characters; what is too long is cut."""
    values = {
        item.name: "".join(char for char in query.get(item.name, "") if char.isprintable()).strip()[:200]
        for item in fields(Form)
    }
    if values["since"] or values["until"]:
        values["period"] = ""
    return Form(**values)


def understand_form(form: Form, *, now: datetime, tz: str) -> Asked:
    """Days are the viewer's own."""
    as_journal = JournalForm(
        number=form.number,
        period="range" if form.since or form.until else form.period,
        since=form.since,
        until=form.until,
        org=form.org,
        manager=form.manager,
        talk=form.length,
    )
    asked = understand(as_journal, now=now, tz=tz)
    told, errors = asked.wanted, dict(asked.errors)
    if "talk" in errors:
        errors["length"] = errors.pop("talk")
    if form.silence and form.silence not in SILENCES:
        errors["silence"] = "Выберите долю из списка"
    low, _, high = form.silence.partition("-") if form.silence in SILENCES else ("", "", "")
    wanted = RecordingFilter(
        tab=_tab(form.tab),
        number=told.number,
        since=told.since,
        until=told.until,
        org_id=told.org_id,
        user_id=told.user_id,
        min_s=told.min_talk_s,
        max_s=told.max_talk_s,
        min_silence=int(low) / 100 if low else None,
        max_silence=int(high) / 100 if high else None,
    )
    return Asked(wanted, _order(form.order, errors), errors)


def _tab(text: str) -> Tab:
    return Tab(text) if text in {tab.value for tab in Tab} else Tab.INBOUND


def _order(text: str, errors: dict[str, str]) -> int | None:
    digits = text.removeprefix("№").strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_ORDER_DIGITS):
        errors["order"] = "Номер заказа — только цифры"
        return None
    return int(digits)
