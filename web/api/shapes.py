"""Between what programs send and get and what the business knows. Pure."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from callcore.customers.consents import ConsentKind
from callcore.intake.api_orders import ApiLine, ApiOrder
from callcore.intake.draft import Draft, DraftCustomer, DraftLine
from callcore.intake.take_once import Taken
from callcore.orders.model import OrderChannel
from web.api.schemas import (
    CustomerOut,
    DealerOut,
    LineIn,
    LineOut,
    OrderIn,
    OrderOut,
    OrderTaken,
)

_FORMS: Final = {
    "quantity": 'Строка с числом и не более чем тремя знаками после точки, например "12.5"',
    "price": 'Строка с числом и не более чем четырьмя знаками после точки, например "222.75"',
    "due_at": "Момент с зоной (2026-12-25T18:00:00+03:00) или день (2026-12-25)",
}
_TYPES: Final = {
    "missing": "Обязательное поле",
    "extra_forbidden": "Такого поля нет",
    "string_type": "Нужна строка",
    "string_too_long": "Слишком длинно",
    "too_long": "Слишком много",
    "dict_type": "Нужен объект",
    "model_type": "Нужен объект",
    "list_type": "Нужен список",
    "literal_error": "Нет такого значения",
}


def draft_of(sent: OrderIn) -> Draft:
    agreed = sent.customer.consents
    consents = {
        ConsentKind.PERSONAL_DATA: agreed.personal_data,
        ConsentKind.ADS: agreed.ads,
        ConsentKind.CALLS: agreed.calls,
    }
    due = sent.due_at
    return Draft(
        channel=OrderChannel.API,
        customer=DraftCustomer(
            name=sent.customer.name,
            phone=sent.customer.phone,
            email=sent.customer.email,
            consents=tuple(kind for kind, is_given in consents.items() if is_given),
        ),
        lines=tuple(_line_of(line) for line in sent.lines),
        region_code=sent.region or "",
        city=sent.city,
        address=sent.address,
        lat=sent.lat,
        lon=sent.lon,
        source=sent.source,
        medium=sent.medium,
        campaign=sent.campaign,
        term=sent.term,
        request_type=sent.request_type,
        site_org_id=sent.site,
        comment=sent.comment,
        external_id=sent.external_id,
        due_at=due if isinstance(due, datetime) else None,
        due_day=due if isinstance(due, date) and not isinstance(due, datetime) else None,
    )


def _line_of(line: LineIn) -> DraftLine:
    return DraftLine(
        kind=line.kind,
        article=line.article,
        name=line.name,
        service=line.service or "",
        quantity=line.quantity,
        price=line.price or "",
        params=line.params,
    )


def taken_out(taken: Taken, origin: str) -> OrderTaken:
    return OrderTaken(
        number=taken.number,
        url=f"{origin}/o/{taken.public_id}",
        status=taken.status,
        created_at=taken.created_at,
        due_at=taken.due_at,
        region=taken.region_code,
        total=roubles(taken.total_kopecks),
    )


def order_out(order: ApiOrder, origin: str) -> OrderOut:
    phone = order.phone
    return OrderOut(
        number=order.number,
        # whoever holds the link reads what the customer wrote there, his number too
        url="" if phone and phone.is_hidden else f"{origin}/o/{order.public_id}",
        kind=order.kind,
        status=order.status,
        status_class=order.status_class,
        result=order.result,
        created_at=order.created_at,
        due_at=order.due_at,
        closed_at=order.closed_at,
        region=order.region_code,
        city=order.city,
        address=order.address,
        source=order.source,
        medium=order.medium,
        campaign=order.campaign,
        term=order.term,
        request_type=order.request_type,
        channel=order.channel,
        external_id=order.external_id,
        total=roubles(order.total_kopecks),
        dealer=DealerOut(id=order.dealer_id, name=order.dealer_name) if order.dealer_id else None,
        customer=CustomerOut(
            name=order.customer_name,
            phone=phone.e164 if phone else "",
            phone_text=phone.text if phone else "",
            phone_is_hidden=phone.is_hidden if phone else False,
        ),
        lines=[_line_out(line) for line in order.lines],
    )


def _line_out(line: ApiLine) -> LineOut:
    return LineOut(
        kind=line.kind,
        article=line.article,
        name=line.name,
        service=line.service,
        unit=line.unit,
        quantity=_plain(Decimal(line.quantity_m) / 1000),
        price=f"{line.price:.4f}".rstrip("0").rstrip("."),
        total=roubles(line.total_kopecks),
        params=dict(line.params),
    )


def roubles(kopecks: int) -> str:
    """«8910.00»."""
    return f"{Decimal(kopecks) / 100:.2f}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def problems_of(error: ValidationError) -> dict[str, str]:
    """By field, in Russian; what was sent is not repeated."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False)[:50]:
        name = _field(item["loc"])
        last = name.rpartition(".")[2]
        found.setdefault(name, _TYPES.get(item["type"]) or _FORMS.get(last) or "Неверное значение")
    return found


def _field(place: tuple[Any, ...]) -> str:
    """lines.0.quantity; names of the ways of a union are left out. A sender's own names are cut."""
    parts = [str(part)[:64] for part in place if part not in {"datetime", "date", "[key]"}]
    return ".".join(parts) or "body"
