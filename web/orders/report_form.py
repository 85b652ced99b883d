"""What is asked of the report on orders, as it stands in the address, and where its figures lead. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcore.orders.list_model import OrderTab
from callcore.orders.model import OrderKind, OrderResult
from callcore.orders.report_model import Cut, ReportLine, Span
from web.efficiency import form as periods
from web.orders.filters import NOTHING, OrderForm, number_of

ADDRESS: Final = "/orders/report"
PERIODS: Final = {"today": "Сегодня", "7d": "7 дней", "30d": "30 дней", "90d": "90 дней"}
USUAL: Final = "30d"
CUTS: Final = {
    Cut.DEALER: "По дилерам",
    Cut.MONTH: "По месяцам",
    Cut.MANAGER: "По менеджерам",
    Cut.REGION: "По регионам",
    Cut.CAMPAIGN: "По рекламе",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForm:
    """`first` and `last` day, both within; `since` and `until` as typed. `org` is a dealer's id as text."""

    cut: Cut
    period: str
    since: str
    until: str
    first: date
    last: date
    org: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def org_id(self) -> int | None:
        return number_of(self.org) or None

    def span(self, tz: str) -> Span:
        return Span(_midnight(self.first, tz), _midnight(self.last + timedelta(days=1), tz), tz)

    def query(self) -> str:
        pairs = {
            "by": self.cut.value,
            "period": self.period if self.period in PERIODS else "",
            "since": self.since,
            "until": self.until,
            "org": self.org,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def quick(self, period: str) -> str:
        return f"{ADDRESS}?{replace(self, period=period, since='', until='').query()}"

    def by(self, cut: Cut) -> str:
        return f"{ADDRESS}?{replace(self, cut=cut).query()}"

    def months_of(self, line: ReportLine) -> str:
        """The same dealer, month by month."""
        return f"{ADDRESS}?{replace(self, cut=Cut.MONTH, org=line.key[0]).query()}"

    def orders(
        self, line: ReportLine | None = None, result: OrderResult | None = None, *, overdue: bool = False
    ) -> str:
        """The list with the orders behind a figure; empty where no condition of the list says the same."""
        wanted = OrderForm(
            tab=OrderTab.ALL.value,
            kind=OrderKind.ORDER.value,
            result=result.value if result else "",
            due="overdue" if overdue else "",
            since=str(self.first),
            until=str(self.last),
            seller=self.org,
        )
        return wanted.address() if line is None else _narrowed(wanted, line, self.cut)


def _narrowed(wanted: OrderForm, line: ReportLine, cut: Cut) -> str:
    key = line.key
    if cut is Cut.DEALER:
        return replace(wanted, seller=key[0] or NOTHING).address()
    if cut is Cut.CAMPAIGN:
        return replace(wanted, source=key[0], medium=key[1], campaign=key[2] or NOTHING).address()
    if cut is Cut.MONTH:
        first = date.fromisoformat(f"{key[0]}-01")
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        since, until = date.fromisoformat(wanted.since), date.fromisoformat(wanted.until)
        return replace(wanted, since=str(max(first, since)), until=str(min(last, until))).address()
    if not key[0]:
        return ""
    return replace(wanted, **{"region" if cut is Cut.REGION else "manager": key[0]}).address()


def read_form(query: Mapping[str, str], *, now: datetime, tz: str) -> ReportForm:
    period = query.get("period", "")
    asked = {name: query.get(name, "") for name in ("since", "until")}
    usual = period if period in PERIODS else USUAL
    days = periods.read_form(asked | {"period": usual}, now=now, tz=tz)
    errors = dict(days.errors)
    org = query.get("org", "").strip()[:20]
    if org and not number_of(org):
        errors["org"] = "Выберите дилера из списка"
    return ReportForm(
        cut=next((cut for cut in CUTS if cut == query.get("by", "")), Cut.DEALER),
        period=days.period,
        since=days.since,
        until=days.until,
        first=days.first,
        last=days.last,
        org=org,
        errors=errors,
    )


def _midnight(day: date, tz: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tz)).astimezone(UTC)
