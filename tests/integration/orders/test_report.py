"""The report on orders: medians, terms, reasons that add up, and figures that the list repeats under the same conditions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.orders.create_order import create_order
from callcore.orders.desk_tables import OrderDeclineRow
from callcore.orders.list_queries import order_list
from callcore.orders.model import Fault, NewLine, NewOrder, OrderKind, OrderResult
from callcore.orders.report import orders_report
from callcore.orders.report_model import Cut, OrderFigures, whole_percents
from callcore.orders.tables import OrderReasonRow
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, DEALER, RIVAL
from web.orders.filters import read_form, understand
from web.orders.report_form import ReportForm
from web.orders.report_form import read_form as read_report
from web.orders.report_words import make_book, name_of

pytestmark = pytest.mark.integration

TZ = "Europe/Moscow"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CAME = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = {"since": "2026-10-31", "until": "2026-11-20"}


async def put(database: Database, org_id: int | None, *, at: datetime = CAME, **more: object) -> None:
    async with database.transaction() as session:
        lines = (NewLine("Панель", 1000, Decimal(10)),)
        new = NewOrder(kind=OrderKind.ORDER, customer_id=7, org_id=org_id, lines=lines, region_code="RU-MOW")
        order = await create_order(session, new, now=at)
        for name, value in more.items():
            setattr(order, name, value)


def ended(result: str, after: timedelta, **more: object) -> dict[str, object]:
    return {"status": result, "status_class": "closed", "result": result, "closed_at": CAME + after, **more}


async def fill(database: Database) -> None:
    await stage.fill(database)
    async with database.transaction() as session:
        session.add(CustomerRow(id=7, name="Иван", region_code="RU-MOW", created_at=CAME))
        for number, fault in enumerate(("dealer", "customer"), start=101):
            reason = OrderReasonRow(
                id=number, kind="failed", title=f"Причина {fault}", fault=fault, position=number
            )
            session.add(reason)
    taken = {"accepted_at": CAME + HOUR, "due_at": CAME + 2 * DAY}
    ad = {"source": "yandex", "medium": "cpc", "campaign": "осень"}
    await put(database, 2, **ended("done", DAY, earned_kopecks=700, contacted_at=CAME + 2 * HOUR), **taken)
    await put(database, 2, **ended("done", 3 * DAY), **taken | {"accepted_at": CAME + 3 * HOUR}, **ad)  # late
    await put(database, 3, **ended("failed", DAY, reason_id=101), **taken)
    await put(database, 4, **ended("failed", DAY, reason_id=102), **taken)
    await put(database, 4, **ended("failed", DAY, reason_id=102), **ad)
    await put(database, None)
    async with database.transaction() as session:
        for number, org_id in ((6, 4), (6, 2), (1, 4)):
            session.add(
                OrderDeclineRow(
                    order_id=number, run=1, org_id=org_id, kind="declined", reason_id=101, note="", at=CAME
                )
            )
    await put(database, 2, at=CAME - 2 * DAY, due_at=NOW - DAY)  # in October, by the clock of Moscow
    await put(database, 2, at=CAME - 15 * DAY)  # before the period


def asked(cut: Cut, **more: str) -> ReportForm:
    return read_report({"by": cut.value, **ASKED, **more}, now=NOW, tz=TZ)


def test_shares_add_up() -> None:
    assert whole_percents([1, 1, 1]) == [34, 33, 33]
    assert whole_percents([2, 1]) == [67, 33]
    assert whole_percents([0]) == whole_percents([0]) == [0]


async def test_figures_and_the_lists_behind_them(database: Database) -> None:
    await fill(database)
    whole = asked(Cut.DEALER)
    async with database.session() as session:
        report = await orders_report(session, ADMIN, whole.span(TZ), whole.cut, NOW)
        assert report.before.came == 1
        assert report.total == OrderFigures(
            came=7,
            taken=4,
            done=2,
            failed=3,
            overdue=1,
            refused=3,
            in_time=1,
            earned_kopecks=1700,
            take_s=pytest.approx(3600),
            contact_s=pytest.approx(7200),
            sale_s=pytest.approx(2 * 86_400),
        )
        assert (report.total.in_time_percent, report.total.running) == (50, 2)
        assert [(one.title, one.fault, one.count, one.percent) for one in report.reasons] == [
            ("Причина customer", Fault.CUSTOMER, 2, 67),
            ("Причина dealer", Fault.DEALER, 1, 33),
        ]
        assert report.faults == ((Fault.CUSTOMER, 67), (Fault.DEALER, 33))
        assert [(line.name, line.figures.came) for line in report.lines] == [
            ("Орг 2", 3),
            ("Орг 4", 2),
            ("", 1),
            ("Орг 3", 1),
        ]
        assert report.lines[0].figures.take_s == pytest.approx(2 * 3600)
        assert [(line.name, line.figures.refused) for line in report.lines][:2] == [
            ("Орг 2", 1),
            ("Орг 4", 2),
        ]
        for cut in Cut:
            await check_lists(database, asked(cut))
        months = await orders_report(session, ADMIN, asked(Cut.MONTH).span(TZ), Cut.MONTH, NOW, org_id=2)
        assert [(name_of(one, Cut.MONTH), one.figures.came) for one in months.lines] == [
            ("октябрь 2026", 1),
            ("ноябрь 2026", 2),
        ]
        own = await orders_report(session, DEALER, whole.span(TZ), Cut.DEALER, NOW)
        assert [line.name for line in own.lines] == ["Орг 2", "Орг 3"]  # those below him too, nobody else's
        assert (
            await orders_report(session, RIVAL, whole.span(TZ), Cut.DEALER, NOW, org_id=2)
        ).total.came == 0
        assert make_book(report, Cut.DEALER, "По дилерам").startswith(b"PK")


async def check_lists(database: Database, form: ReportForm) -> None:
    """Behind each figure of each line stands a list of as many orders."""
    async with database.session() as session:
        report = await orders_report(session, ADMIN, form.span(TZ), form.cut, NOW)
        assert sum(line.figures.came for line in report.lines) == report.total.came
        led = 0
        for line in report.lines:
            one = line.figures
            for count, result in (
                (one.came, None),
                (one.done, OrderResult.DONE),
                (one.failed, OrderResult.FAILED),
                (one.running, OrderResult.RUNNING),
                (one.overdue, "overdue"),
            ):
                late = result == "overdue"
                if not (address := form.orders(line, None if late else result, overdue=late)):
                    continue
                query = dict(parse_qsl(urlsplit(address).query))
                found = understand(read_form(query), "", now=NOW, tz=TZ)
                assert not found.errors
                page = await order_list(session, ADMIN, found.wanted, after=None, limit=50, now=NOW)
                assert page.total.value == count, (line, result)
                led += 1
        assert led or form.cut is Cut.MANAGER


def test_what_is_typed_wrongly_is_told() -> None:
    assert set(asked(Cut.DEALER, org="все").errors) == {"org"}
    assert set(asked(Cut.DEALER, since="вчера").errors) == {"since"}
    assert set(asked(Cut.DEALER, since="2024-01-01").errors) == {"since"}
