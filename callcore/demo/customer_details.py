"""What is known of the demo's customers besides a name: companies with an INN, tags, consents, two cards of one person, and
one customer whom a dealer has made his own. Pure.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from callcore.customers.reading import company_check_digit
from callcore.customers.tables import ConsentRow, ContactRow, CustomerClaimRow, CustomerRow
from callcore.demo.rows import Rows
from callcore.orders.tables import OrderRow

TEXT_VERSION: Final = "2026-01"
TWINS: Final = (2, 3)  # ids of customers who have a second card
CLAIM_DAYS: Final = 90
_COMPANIES: Final = ("ООО", "ИП", "АО", "ЗАО", "ТД", "ТК", "СК")
_TAGS: Final = (["оптовик"], ["ждёт скидку"], ["белые двери", "монтаж"], ["дизайнер"])
_REGION_INN: Final = 7700

Row = dict[str, Any]


def add_customer_details(told: Rows, now: datetime) -> Rows:
    """Completes the customers among `told` and gives what is written after them."""
    customers = next(rows for table, rows in told if table is CustomerRow)
    contacts = next(rows for table, rows in told if table is ContactRow)
    for row in customers:
        is_company = row["name"].split(" ")[0] in _COMPANIES
        row["kind"] = "company" if is_company else "person"
        row["inn"] = _inn(row["id"]) if is_company else ""
        row["tags"] = _TAGS[row["id"] % len(_TAGS)] if row["id"] % 17 == 0 else []
    _add_twins(customers, contacts, now)
    orders = next(rows for table, rows in told if table is OrderRow)
    claim = next((row for row in reversed(orders) if row["org_id"] is not None and row["manager_id"]), None)
    return [(ConsentRow, _consents(customers)), (CustomerClaimRow, [_claim(claim, now)] if claim else [])]


def _inn(customer_id: int) -> str:
    """Of a company, with its check digit; of nobody in particular."""
    digits = f"{_REGION_INN}{customer_id:05d}"
    return digits + company_check_digit(digits)


def _add_twins(customers: list[Row], contacts: list[Row], now: datetime) -> None:
    """The second card came from another telephone: the same name in the same region."""
    numbers = {row["customer_id"]: row["value"] for row in contacts if row["kind"] == "phone"}
    by_id = {row["id"]: row for row in customers}
    for shift, original in enumerate(TWINS):
        twin = by_id[original] | {"id": len(customers) + 1, "note": "", "tags": []}
        customers.append(twin | {"created_at": now - timedelta(days=2 + shift)})
        contact = {"customer_id": twin["id"], "kind": "phone", "is_main": True}
        number = f"{numbers[original][:-4]}{9987 + shift}"
        contacts.append({"id": len(contacts) + 1, "value": number} | contact)


def _consents(customers: list[Row]) -> list[Row]:
    """A third has agreed on the site, a part of these to advertising too; some took it back."""
    rows: list[Row] = []
    for row in customers:
        if row["id"] % 3:
            continue
        kinds = ("pd", "ads") if row["id"] % 2 else ("pd",)
        for kind in kinds:
            is_revoked = kind == "ads" and row["id"] % 5 == 0
            rows.append(
                {
                    "id": len(rows) + 1,
                    "customer_id": row["id"],
                    "kind": kind,
                    "text_version": TEXT_VERSION,
                    "source": "site",
                    "ip": f"192.0.2.{row['id'] % 250 + 1}",
                    "at": row["created_at"],
                    "revoked_at": row["created_at"] + timedelta(hours=5) if is_revoked else None,
                    "revoke_source": "link" if is_revoked else "",
                }
            )
    return rows


def _claim(order: Row, now: datetime) -> Row:
    at = now - timedelta(days=1)
    return {
        "id": 1,
        "customer_id": order["customer_id"],
        "org_id": order["org_id"],
        "user_id": order["manager_id"],
        "at": at,
        "until": at + timedelta(days=CLAIM_DAYS),
        "released_at": None,
    }
