"""The operator's form of an order as typed: shown, read, turned into a draft. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final

from callcore.customers.consents import ConsentKind
from callcore.intake.draft import Draft, DraftCustomer, DraftLine, clean_text, number_of
from callcore.intake.operator import Asked, Known
from callcore.orders.model import GOODS, SERVICE, UNKNOWN, OrderChannel

MAX_FORM_LINES: Final = 60
_MAX: Final = 4000


@dataclass(frozen=True, slots=True)
class LineForm:
    kind: str = GOODS
    article: str = ""
    name: str = ""
    service: str = ""
    quantity: str = "1"
    price: str = ""

    @property
    def is_empty(self) -> bool:
        return self.kind == GOODS and not (self.article or self.name or self.price)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """Values as typed; names are those of the inputs. `customer`, `call`, `request` say from where it was opened."""

    name: str = ""
    phone: str = ""
    email: str = ""
    pd: str = ""
    ads: str = ""
    region: str = ""
    city: str = ""
    address: str = ""
    lat: str = ""
    lon: str = ""
    due: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    request_type: str = ""
    comment: str = ""
    q: str = ""
    key: str = ""
    customer: str = ""
    call: str = ""
    request: str = ""
    lines: tuple[LineForm, ...] = ()


def read_form(sent: Mapping[str, Any]) -> OrderForm:
    plain = {item.name: _text(sent, item.name) for item in fields(OrderForm) if item.name != "lines"}
    lines = []
    for number in range(MAX_FORM_LINES):
        if f"lines.{number}.quantity" not in sent:
            break
        lines.append(
            LineForm(**{item.name: _text(sent, f"lines.{number}.{item.name}") for item in fields(LineForm)})
        )
    return OrderForm(**plain, lines=tuple(lines))


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    return clean_text(value[:_MAX]) if isinstance(value, str) else ""


def begun(known: Known, asked: Asked, key: str) -> OrderForm:
    """What is known already is not asked again."""

    def word(text: str) -> str:
        return "" if text == UNKNOWN else text

    return OrderForm(
        name=known.customer_name,
        region=known.region_code,
        city=known.city,
        address=known.address,
        source=word(known.source),
        medium=word(known.medium),
        campaign=known.campaign,
        request_type=word(known.request_type) or ("call" if asked.call_id else ""),
        customer=str(known.customer_id or ""),
        call=known.call_id,
        request=str(known.request or ""),
        key=key,
        lines=(LineForm(),),
    )


def asked_by(form: OrderForm) -> Asked:
    """A request wins over the call that it came by; odd values ask for nobody."""
    if request := _id(form.request):
        return Asked(request=request)
    if form.call:
        return Asked(call_id=form.call)
    return Asked(customer_id=_id(form.customer))


def _id(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def changed(form: OrderForm, action: str) -> OrderForm:
    """The form after one of its own buttons: add:<article>, service:<code>, remove:<n>, line."""
    verb, _, what = action.partition(":")
    lines = [line for line in form.lines if not line.is_empty]
    if verb == "add":
        lines.append(LineForm(article=what[:64]))
    elif verb == "service":
        lines.append(LineForm(kind=SERVICE, service=what[:30]))
    elif verb == "remove":
        number = _id(what)
        lines = [line for place, line in enumerate(form.lines) if place != number]
    elif verb == "line":
        lines.append(LineForm())
    return replace(form, lines=tuple(lines[:MAX_FORM_LINES]))


def understand(form: OrderForm) -> tuple[Draft, dict[str, str]]:
    """The draft, and codes of what could not be read. Empty lines are left out."""
    wrong: dict[str, str] = {}
    day = None
    if form.due:
        try:
            day = date.fromisoformat(form.due)
        except ValueError:
            wrong["due_at"] = "not-a-date"
    lat, lon = _degrees(form.lat, wrong), _degrees(form.lon, wrong)
    consents = ((ConsentKind.PERSONAL_DATA, form.pd), (ConsentKind.ADS, form.ads))
    draft = Draft(
        channel=OrderChannel.PHONE if form.call or form.request else OrderChannel.OPERATOR,
        customer=DraftCustomer(
            name=form.name,
            phone=form.phone,
            email=form.email,
            consents=tuple(kind for kind, value in consents if value),
        ),
        lines=tuple(
            DraftLine(
                kind=line.kind,
                article=line.article,
                name=line.name,
                service=line.service,
                quantity=line.quantity,
                price=line.price,
            )
            for line in form.lines
            if not line.is_empty
        ),
        region_code=form.region,
        city=form.city,
        address=form.address,
        lat=lat,
        lon=lon,
        source=form.source or UNKNOWN,
        medium=form.medium or UNKNOWN,
        campaign=form.campaign,
        request_type=form.request_type or UNKNOWN,
        comment=form.comment,
        due_day=day,
    )
    return draft, wrong


def _degrees(text: str, wrong: dict[str, str]) -> float | None:
    if not text:
        return None
    value = number_of(text.removeprefix("-"))
    if value is None:
        wrong["lat"] = "not-a-number"
        return None
    return float(-value if text.startswith("-") else value)


def by_input(form: OrderForm, errors: Mapping[str, str]) -> dict[str, str]:
    """From fields of the draft to inputs: empty lines are no lines of the draft."""
    places = [number for number, line in enumerate(form.lines) if not line.is_empty]
    moved = {}
    for name, text in errors.items():
        head, _, rest = name.partition(".")
        number, _, last = rest.partition(".")
        if head == "lines" and number.isdigit() and int(number) < len(places):
            moved[f"lines.{places[int(number)]}.{last}"] = text
        else:
            moved[{"due_at": "due"}.get(name, name.removeprefix("customer."))] = text
    return moved
