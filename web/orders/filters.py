"""The conditions of the order list as they stand in the address: read, checked, shown as chips. Pure.

A wrong value never raises: it gives an error beside its field, and nothing is asked. Conditions that the journal of
calls has too (period, dealer, region, source) are understood by its own rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlencode

from callcore.kernel.errors import Invalid
from callcore.orders.model import KIND_NAMES, RESULT_NAMES, OrderClass, OrderKind, OrderResult
from callcore.orders.views import OrderCursor, OrderFilter
from web.calls import filters as journal

MAX_TEXT_CHARS: Final = 80
_SHARED: Final = ("period", "since", "until", "org", "region", "source")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """The values as typed; the names are those of the address. `tab` is OrderClass."""

    q: str = ""
    tab: str = ""
    kind: str = ""
    result: str = ""
    org: str = ""
    region: str = ""
    source: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    overdue: str = ""

    def without(self, *names: str) -> "OrderForm":
        return OrderForm(**{f.name: "" if f.name in names else getattr(self, f.name) for f in fields(self)})

    def address(self, **more: str) -> str:
        """«/orders?q=…» with the empty left out."""
        pairs = {f.name: getattr(self, f.name) for f in fields(self)} | more
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"/orders?{text}" if text else "/orders"

    def on_tab(self, tab: str) -> str:
        """The same conditions on another tab."""
        return self.without("tab", "result").address(tab=tab)

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, f.name) for f in fields(self) if f.name != "tab")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form means; `errors` maps a field's name to what to do."""

    wanted: OrderFilter
    after: OrderCursor | None
    errors: Mapping[str, str] = field(default_factory=dict)


def read_form(query: Mapping[str, str]) -> OrderForm:
    """Known names only, without control characters; what is too long is cut."""
    shared = journal.read_form(query)
    own = {name: _plain(query.get(name, "")) for name in ("q", "tab", "kind", "result", "overdue")}
    return OrderForm(**own, **{name: getattr(shared, name) for name in _SHARED})


def understand(form: OrderForm, cursor: str, *, now: datetime, tz: str) -> Asked:
    """Days are the viewer's own."""
    common = journal.understand(_shared(form), now=now, tz=tz)
    errors = dict(common.errors)
    wanted = OrderFilter(
        kind=_one_of(form.kind, "kind", OrderKind, errors),
        status_class=_one_of(form.tab, "tab", OrderClass, errors),
        result=_one_of(form.result, "result", OrderResult, errors),
        org_id=common.wanted.org_id,
        region_code=common.wanted.region_code or "",
        source=common.wanted.source or "",
        created_from=common.wanted.since,
        created_before=common.wanted.until,
        overdue_at=now if form.overdue == "1" else None,
        text=form.q[:MAX_TEXT_CHARS],
    )
    if len(form.q) > MAX_TEXT_CHARS:
        errors["q"] = f"Не длиннее {MAX_TEXT_CHARS} знаков"
    return Asked(wanted, _cursor(cursor, errors), errors)


def chips(
    form: OrderForm, *, orgs: Mapping[int, str], regions: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """(words, address without this condition) of each condition that is set; the tab is no chip."""
    return tuple((words, form.without(*names).address()) for names, words in _chip_words(form, orgs, regions))


def _chip_words(
    form: OrderForm, orgs: Mapping[int, str], regions: Mapping[str, str]
) -> Iterable[tuple[tuple[str, ...], str]]:
    if form.q:
        yield ("q",), f"Поиск: {form.q[:MAX_TEXT_CHARS]}"
    if form.kind:
        yield ("kind",), _name(KIND_NAMES, form.kind)
    if form.result:
        yield ("result",), _name(RESULT_NAMES, form.result)
    if form.overdue == "1":
        yield ("overdue",), "Срок прошёл"
    for names in (("period", "since", "until"), ("org",), ("region",), ("source",)):
        if any(getattr(form, name) for name in names):
            part = journal.JournalForm(**{name: getattr(form, name) for name in names})
            for words, _address in journal.chips(part, orgs=orgs, regions=regions):
                yield names, words


def _shared(form: OrderForm) -> journal.JournalForm:
    return journal.JournalForm(**{name: getattr(form, name) for name in _SHARED})


def _name(names: Mapping[Word, str], value: str) -> str:
    return next((text for key, text in names.items() if key == value), value)


def _plain(raw: str) -> str:
    return "".join(char for char in raw if char.isprintable()).strip()[:200]


def _one_of(text: str, name: str, kind: type[Word], errors: dict[str, str]) -> Word | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        errors[name] = "Выберите значение из списка"
        return None


def _cursor(text: str, errors: dict[str, str]) -> OrderCursor | None:
    if not text:
        return None
    try:
        return OrderCursor.parse(text)
    except Invalid:
        errors["after"] = "Такой страницы списка нет: откройте его с начала"
        return None
