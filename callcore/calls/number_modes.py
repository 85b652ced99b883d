"""When a dealer sees a number, as conditions of SQL. The mode of an order is its own, else its dealer's, else the network's.

`open`: at once on an own order. `until_first_call`: after a proven talk, or once the number was opened to that dealer
(phone_reveals). `never`: not even then, and nowhere: one own order in that mode hides the customer's number from that dealer
on every page, else one page would tell what another hides.
"""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.orm import aliased

from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.calls.settings import phone_policy_sql, proven_talk_sql
from callcore.calls.tables import CallRow
from callcore.customers.tables import ContactRow
from callcore.network.model import PhonePolicy
from callcore.network.tables import OrgRow

_PHONE: Final = "phone"
# Orders stand above calls: these columns, and no more, are known here.
ORDERS: Final = table(
    "orders",
    column("id", BigInteger),
    column("org_id", BigInteger),
    column("customer_id", BigInteger),
    column("phone_policy", String),
    column("deleted_at"),
)


def mode_sql(of_order: ColumnElement[Any], of_org: ColumnElement[Any]) -> ColumnElement[str]:
    """PhonePolicy: the nearest that is set. Both columns may be empty or NULL."""
    return func.coalesce(func.nullif(of_order, ""), func.nullif(of_org, ""), phone_policy_sql())


def talked(org_ids: Collection[int]) -> Select[str]:
    """Numbers that have really talked with somebody of these organisations, but for talks in the mode `never`."""
    talk, org = aliased(CallRow), aliased(OrgRow)
    is_own = ORDERS.c.org_id.in_(sorted(org_ids))
    return (
        select(talk.caller_number)
        .join(org, org.id == talk.org_id)
        .outerjoin(ORDERS, and_(ORDERS.c.id == talk.order_id, is_own))
        .where(
            talk.org_id.in_(sorted(org_ids)),
            talk.caller_number != "",
            talk.talk_s >= proven_talk_sql(),
            mode_sql(ORDERS.c.phone_policy, org.phone_policy.expression) != PhonePolicy.NEVER.value,
        )
    )


def opened(org_ids: Collection[int]) -> Select[str]:
    """Numbers that were opened to these organisations, whatever proves a contact today."""
    org, reveal = aliased(OrgRow), aliased(PhoneRevealRow)
    return (
        select(reveal.number)
        .join(org, org.id == reveal.org_id)
        .outerjoin(ORDERS, ORDERS.c.id == reveal.order_id)
        .where(
            reveal.org_id.in_(sorted(org_ids)),
            mode_sql(ORDERS.c.phone_policy, org.phone_policy.expression) != PhonePolicy.NEVER.value,
        )
    )


def of_mode(org_ids: Collection[int], mode: PhonePolicy) -> Select[str]:
    """Numbers of the customers of own orders in this mode."""
    org, contact = aliased(OrgRow), aliased(ContactRow)  # the outer statement may read contacts itself
    return (
        select(contact.value)
        .join(ORDERS, ORDERS.c.customer_id == contact.customer_id)
        .join(org, org.id == ORDERS.c.org_id)
        .where(
            contact.kind == _PHONE,
            ORDERS.c.org_id.in_(sorted(org_ids)),
            ORDERS.c.deleted_at.is_(None),
            mode_sql(ORDERS.c.phone_policy, org.phone_policy.expression) == mode.value,
        )
    )


def is_shown(org_ids: Collection[int], number: ColumnElement[Any]) -> ColumnElement[bool]:
    """Of a column of numbers of the outer statement."""
    opening = (talked(org_ids), opened(org_ids), of_mode(org_ids, PhonePolicy.OPEN))
    return and_(
        or_(*(_holds(numbers, number) for numbers in opening)),
        ~_holds(of_mode(org_ids, PhonePolicy.NEVER), number),
    )


def _holds(numbers: Select[str], number: ColumnElement[Any]) -> ColumnElement[bool]:
    own = numbers.selected_columns[0]
    return numbers.where(own == number).correlate_except(*numbers.get_final_froms()).exists()


def is_opened_on_order(org_ids: Collection[int]) -> ColumnElement[bool]:
    """A condition on ORDERS joined with OrgRow: the number was opened by this very order."""
    talk = aliased(CallRow)
    ids = sorted(org_ids)
    return or_(
        mode_sql(ORDERS.c.phone_policy, OrgRow.phone_policy.expression) == PhonePolicy.OPEN.value,
        exists().where(PhoneRevealRow.order_id == ORDERS.c.id, PhoneRevealRow.org_id.in_(ids)),
        exists().where(talk.order_id == ORDERS.c.id, talk.org_id.in_(ids), talk.talk_s >= proven_talk_sql()),
    )
