"""The conditions of the order list as SQL; a search tells nothing that the page would not show."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, null, or_, select

from callcore.calls.rights import Scope
from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.phones import parse_phone
from callcore.network.tables import OrgRow
from callcore.orders.model import OrderClass
from callcore.orders.rights import may_find_by
from callcore.orders.tables import OrderLineRow, OrderRow
from callcore.orders.views import OrderFilter

_MIN_TAIL_DIGITS = 4
_MAX_TEXT_CHARS = 80
_BIGGEST_NUMBER = 10**15
_ARTICLE = re.compile(r"(?=.*\d)\S{2,40}")
_DIGITS = re.compile(r"[\d\s()+\-–.№]+")


def conditions_of(scope: Scope, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    equal: tuple[tuple[Any, Any], ...] = (
        (OrderRow.kind, wanted.kind),
        (OrderRow.status_class, wanted.status_class),
        (OrderRow.status, wanted.status),
        (OrderRow.result, wanted.result),
        (OrderRow.region_code, wanted.region_code),
        (OrderRow.source, wanted.source),
        (OrderRow.medium, wanted.medium),
        (OrderRow.manager_id, wanted.manager_id),
        (OrderRow.customer_id, wanted.customer_id),
    )
    conditions = [column == value for column, value in equal if value not in (None, "")]
    if wanted.created_from is not None:
        conditions.append(OrderRow.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        conditions.append(OrderRow.created_at < wanted.created_before)
    if wanted.overdue_at is not None:
        conditions.append(is_overdue(wanted.overdue_at))
    if wanted.due_from is not None:
        conditions.append(OrderRow.due_at >= wanted.due_from)
    if wanted.due_before is not None:
        conditions.append(OrderRow.due_at < wanted.due_before)
    if wanted.numbers:
        conditions.append(OrderRow.number.in_(wanted.numbers))
    if wanted.org_id is not None:
        conditions.append(OrderRow.org_id.in_(_below(wanted.org_id)))
    conditions += _exact(wanted)
    if text := wanted.text.replace("\x00", "").strip()[:_MAX_TEXT_CHARS]:
        conditions.append(_matches(scope, text))
    return conditions


def _exact(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """What links of the report ask for: nobody's and «without a campaign» are answers, too."""
    conditions = []
    if wanted.seller_id is not None:
        conditions.append(OrderRow.org_id == (wanted.seller_id or null()))
    if wanted.campaign is not None:
        conditions.append(OrderRow.campaign == wanted.campaign)
    return conditions


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """A condition on OrderRow; classes are named, so that closed orders are not even read."""
    running = [one.value for one in OrderClass if one is not OrderClass.CLOSED]
    return and_(OrderRow.status_class.in_(running), OrderRow.due_at < now)


def _below(org_id: int) -> Select[int]:
    """The organisation and all below it: their paths hold its id."""
    return select(OrgRow.id).where(OrgRow.path.contains(f"/{org_id}/"))


def number_in(text: str) -> int | None:
    """The order's number that a search may mean: «414», «№ 414»."""
    digits = re.sub(r"\D", "", text) if text.isascii() or "№" in text else ""
    is_number = digits and _DIGITS.fullmatch(text) and int(digits) < _BIGGEST_NUMBER
    return int(digits) if is_number else None


def _matches(scope: Scope, text: str) -> ColumnElement[bool]:
    """SQLite compares only ASCII letters without case, so the usual spellings of a name are tried. Digits are never looked
    for in names by a dealer: a name may hold the number that he is not shown."""
    ways: list[ColumnElement[bool]] = []
    has_digits = any(char.isdigit() for char in text)
    if not has_digits or (scope.is_whole and not _DIGITS.fullmatch(text)):
        spellings = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
        likes = (CustomerRow.name.contains(spelling, autoescape=True) for spelling in sorted(spellings))
        ways.append(OrderRow.customer_id.in_(select(CustomerRow.id).where(or_(*likes))))
    if _ARTICLE.fullmatch(text):
        of_article = select(OrderLineRow.order_id).where(OrderLineRow.article.in_({text, text.upper()}))
        ways.append(OrderRow.id.in_(of_article))
    if (number := number_in(text)) is not None:
        ways.append(OrderRow.number == number)
    digits = re.sub(r"\D", "", text)
    if _DIGITS.fullmatch(text) and len(digits) >= _MIN_TAIL_DIGITS:
        ways.append(OrderRow.customer_id.in_(_owners_of(scope, text, digits)))
    return or_(false(), *ways)


def _owners_of(scope: Scope, text: str, digits: str) -> Select[int]:
    """By the end of a telephone number. A dealer finds only by numbers that he may see: guessing digits of a hidden
    one must not tell anything."""
    whole = parse_phone(text)
    match = ContactRow.value == whole.e164 if whole else ContactRow.value.endswith(digits)
    return select(ContactRow.customer_id).where(
        ContactRow.kind == ContactKind.PHONE, match, may_find_by(scope, ContactRow.value.expression)
    )
