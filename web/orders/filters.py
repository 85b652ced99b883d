"""The conditions of the order list as they stand in the address: read, checked, shown as chips. Pure.

A wrong value never raises: it gives an error beside its field, and nothing is asked. Conditions that the journal of
calls has too (period, dealer, region, source) are understood by its own rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlencode

from callcore.kernel.errors import Invalid
from callcore.orders.list_model import OrderSort, OrderTab
from callcore.orders.model import CLASS_NAMES, KIND_NAMES, RESULT_NAMES, OrderClass, OrderKind, OrderResult
from callcore.orders.views import NOBODY, OrderCursor, OrderFilter
from web.calls import filters as journal
from web.orders.words import medium_words

MAX_TEXT_CHARS: Final = 80
_SHARED: Final = ("period", "since", "until", "org", "region", "source")
_OWN: Final = (
    "q", "tab", "stage", "status", "kind", "result", "manager", "due", "sort", "view", "seller", "medium", "campaign",
)  # fmt: skip
NOTHING: Final = "-"  # for `seller` and `campaign`: there is none
_NO_CONDITION: Final = ("tab", "sort", "view")
DUES: Final = {"overdue": "Прошёл", "day": "В ближайшие сутки", "week": "В ближайшие 7 дней"}
SORTS: Final = {
    OrderSort.NEWEST: "Сначала новые",
    OrderSort.OLDEST: "Сначала старые",
    OrderSort.SUM: "Сначала дорогие",
}
_DUE_DAYS: Final = {"day": 1, "week": 7}
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """The values as typed; the names are those of the address. `tab` is OrderTab, `stage` OrderClass;
    `seller` is a dealer without those below him. The last three are set by links of the report alone."""

    q: str = ""
    tab: str = ""
    stage: str = ""
    status: str = ""
    kind: str = ""
    result: str = ""
    org: str = ""
    manager: str = ""
    region: str = ""
    source: str = ""
    due: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""
    view: str = ""
    seller: str = ""
    medium: str = ""
    campaign: str = ""

    def without(self, *names: str) -> "OrderForm":
        return OrderForm(**{f.name: "" if f.name in names else getattr(self, f.name) for f in fields(self)})

    def query(self, **more: str) -> str:
        """«q=…&tab=…» with the empty left out."""
        pairs = {f.name: getattr(self, f.name) for f in fields(self)} | more
        return urlencode({name: value for name, value in pairs.items() if value})

    def address(self, path: str = "/orders", **more: str) -> str:
        text = self.query(**more)
        return f"{path}?{text}" if text else path

    def on_tab(self, tab: str) -> str:
        """Another tab is another list: its count promises all that stands there."""
        return OrderForm(tab=tab, sort=self.sort).address()

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, f.name) for f in fields(self) if f.name not in _NO_CONDITION)


@dataclass(frozen=True, slots=True)
class Names:
    """What ids in the address are called."""

    orgs: Mapping[int, str]
    regions: Mapping[str, str]
    managers: Mapping[int, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form means; `errors` maps a field's name to what to do."""

    wanted: OrderFilter
    after: OrderCursor | None
    errors: Mapping[str, str] = field(default_factory=dict)


def read_form(query: Mapping[str, str]) -> OrderForm:
    """Known names only, without control characters; what is too long is cut."""
    shared = journal.read_form(query)
    own = {name: _plain(query.get(name, "")) for name in _OWN}
    return OrderForm(**own, **{name: getattr(shared, name) for name in _SHARED})


def understand(form: OrderForm, cursor: str, *, now: datetime, tz: str) -> Asked:
    """Days are the viewer's own."""
    common = journal.understand(_shared(form), now=now, tz=tz)
    errors = dict(common.errors)
    sort = _one_of(form.sort, "sort", OrderSort, errors) or OrderSort.NEWEST
    if form.due and form.due not in DUES:
        errors["due"] = "Выберите значение из списка"
    days = _DUE_DAYS.get(form.due)
    wanted = OrderFilter(
        tab=_one_of(form.tab, "tab", OrderTab, errors),
        kind=_one_of(form.kind, "kind", OrderKind, errors),
        status_class=_one_of(form.stage, "stage", OrderClass, errors),
        status=form.status,
        result=_one_of(form.result, "result", OrderResult, errors),
        manager_id=_id(form.manager, "manager", errors),
        org_id=common.wanted.org_id,
        region_code=common.wanted.region_code or "",
        source=common.wanted.source or "",
        medium=form.medium,
        campaign=None if not form.campaign else form.campaign.removeprefix(NOTHING),
        seller_id=NOBODY if form.seller == NOTHING else _id(form.seller, "seller", errors),
        created_from=common.wanted.since,
        created_before=common.wanted.until,
        overdue_at=now if form.due == "overdue" else None,
        due_from=now if days else None,
        due_before=now + timedelta(days=days) if days else None,
        text=form.q[:MAX_TEXT_CHARS],
        sort=sort,
    )
    if len(form.q) > MAX_TEXT_CHARS:
        errors["q"] = f"Не длиннее {MAX_TEXT_CHARS} знаков"
    return Asked(wanted, _cursor(cursor, sort, errors), errors)


def chips(form: OrderForm, names: Names) -> tuple[tuple[str, str], ...]:
    """(words, address without this condition) of each condition that is set; the tab is no chip."""
    return tuple((words, form.without(*gone).address()) for gone, words in _chip_words(form, names))


def _chip_words(form: OrderForm, names: Names) -> Iterable[tuple[tuple[str, ...], str]]:
    words = {
        "q": f"Поиск: {form.q[:MAX_TEXT_CHARS]}",
        "stage": _name(CLASS_NAMES, form.stage),
        "status": f"Статус: {names.statuses.get(form.status, form.status)}",
        "kind": _name(KIND_NAMES, form.kind),
        "result": _name(RESULT_NAMES, form.result),
        "due": f"Срок: {DUES.get(form.due, form.due)}",
        "manager": f"Менеджер: {names.managers.get(number_of(form.manager), form.manager)}",
        "seller": _seller(form, names),
        "medium": f"Канал: {medium_words(form.medium) or form.medium}",
        "campaign": "Без кампании" if form.campaign == NOTHING else f"Кампания: {form.campaign}",
    }
    for name, text in words.items():
        if getattr(form, name):
            yield (name,), text
    for gone in (("period", "since", "until"), ("org",), ("region",), ("source",)):
        if any(getattr(form, name) for name in gone):
            part = journal.JournalForm(**{name: getattr(form, name) for name in gone})
            for text, _address in journal.chips(part, orgs=names.orgs, regions=names.regions):
                yield gone, text


def _seller(form: OrderForm, names: Names) -> str:
    if form.seller == NOTHING:
        return "Ни у кого"
    return f"Только у дилера: {names.orgs.get(number_of(form.seller), form.seller)}"


def _shared(form: OrderForm) -> journal.JournalForm:
    return journal.JournalForm(**{name: getattr(form, name) for name in _SHARED})


def _name(names: Mapping[Word, str], value: str) -> str:
    return next((text for key, text in names.items() if key == value), value)


def number_of(text: str) -> int:
    """0 for what is no id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


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


def _id(text: str, name: str, errors: dict[str, str]) -> int | None:
    if not text:
        return None
    if not number_of(text):
        errors[name] = "Выберите значение из списка"
    return number_of(text) or None


def _cursor(text: str, sort: OrderSort, errors: dict[str, str]) -> OrderCursor | None:
    if not text:
        return None
    try:
        cursor = OrderCursor.parse(text)
    except Invalid:
        cursor = None
    if cursor is None or (cursor.total_kopecks is not None) != (sort is OrderSort.SUM):
        errors["after"] = "Такой страницы списка нет: откройте его с начала"
        return None
    return cursor
