"""The order form of a site as typed, and where its visitor came from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final
from urllib.parse import urlsplit

from callcore.customers.consents import ConsentKind
from callcore.intake.draft import Draft, DraftCustomer, DraftLine, clean, clean_text
from callcore.orders.model import SERVICE, UNKNOWN, OrderChannel

WISHES: Final = 3
SERVICES_OFFERED: Final = ("delivery", "installation", "measuring")
_SEARCHES: Final = {
    "yandex": "yandex",
    "google": "google",
    "bing": "bing",
    "mail": "mail",
    "duckduckgo": "duckduckgo",
}
_SOCIAL: Final = {"vk": "vk", "ok": "ok", "t": "telegram", "youtube": "youtube"}
_MAX: Final = 4000


@dataclass(frozen=True, slots=True)
class Wish:
    what: str = ""
    quantity: str = "1"


@dataclass(frozen=True, slots=True)
class OrderForm:
    """Values as typed; names are those of the inputs. `website` is a trap: people do not see it."""

    name: str = ""
    phone: str = ""
    email: str = ""
    city: str = ""
    address: str = ""
    comment: str = ""
    pd: str = ""
    ads: str = ""
    calls: str = ""
    website: str = ""
    key: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    wishes: tuple[Wish, ...] = field(default_factory=lambda: (Wish(),) * WISHES)
    services: tuple[str, ...] = ()


def read_form(sent: Mapping[str, Any]) -> OrderForm:
    plain = {
        item.name: _text(sent, item.name)
        for item in fields(OrderForm)
        if item.name not in {"wishes", "services"}
    }
    wishes = tuple(
        Wish(_text(sent, f"wish.{number}.what"), _text(sent, f"wish.{number}.quantity"))
        for number in range(WISHES)
    )
    chosen = tuple(one for one in SERVICES_OFFERED if sent.get(f"service.{one}"))
    return OrderForm(**plain, wishes=wishes, services=chosen)


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    return clean_text(value[:_MAX]) if isinstance(value, str) else ""


def draft_of(form: OrderForm, site_org_id: int | None) -> Draft:
    wished = tuple(wish for wish in form.wishes if wish.what)
    agreed = (
        (ConsentKind.PERSONAL_DATA, form.pd),
        (ConsentKind.ADS, form.ads),
        (ConsentKind.CALLS, form.calls),
    )
    consents = [kind for kind, value in agreed if value]
    lines = [DraftLine(name=clean(wish.what), quantity=wish.quantity) for wish in wished]
    lines += [DraftLine(kind=SERVICE, service=service) for service in form.services]
    return Draft(
        channel=OrderChannel.SITE,
        customer=DraftCustomer(name=form.name, phone=form.phone, email=form.email, consents=tuple(consents)),
        lines=tuple(lines),
        city=form.city,
        address=form.address,
        source=form.source[:64] or UNKNOWN,
        medium=form.medium[:64] or "direct",
        campaign=form.campaign[:200],
        term=form.term[:200],
        request_type="site",
        site_org_id=site_org_id,
        comment=form.comment,
    )


def wish_errors(form: OrderForm, errors: Mapping[str, str]) -> dict[str, str]:
    """From lines of the draft back to the inputs: empty wishes are no lines."""
    places = [number for number, wish in enumerate(form.wishes) if wish.what]
    moved = {}
    for name, text in errors.items():
        head, _, rest = name.partition(".")
        number, _, last = rest.partition(".")
        if head == "lines" and number.isdigit() and int(number) < len(places):
            moved[f"wish.{places[int(number)]}.{'quantity' if last == 'quantity' else 'what'}"] = text
        else:
            moved[name.removeprefix("customer.")] = text
    return moved


@dataclass(frozen=True, slots=True)
class Arrival:
    source: str
    medium: str
    campaign: str = ""
    term: str = ""


def arrival(query: Mapping[str, str], referrer: str, host: str) -> Arrival:
    """Where the visitor came from: marks of the link, else the page that led here, else nobody knows. Nothing is dropped
    for being unknown."""
    told = {name: clean(query.get(f"utm_{name}", "")) for name in ("source", "medium", "campaign", "term")}
    source, medium = told["source"][:64], told["medium"][:64]
    if not source and not medium:
        source, medium = _referred(referrer, host)
    return Arrival(source or UNKNOWN, medium or UNKNOWN, told["campaign"][:200], told["term"][:200])


def _referred(referrer: str, host: str) -> tuple[str, str]:
    try:
        came_from = (urlsplit(referrer).hostname or "").lower()
    except ValueError:
        came_from = ""
    if not came_from or came_from == host.partition(":")[0].lower():
        return UNKNOWN, "direct"
    parts = came_from.removeprefix("www.").split(".")
    name = parts[-2] if len(parts) > 1 else parts[0]
    if name in _SEARCHES:
        return _SEARCHES[name], "organic"
    if name in _SOCIAL:
        return _SOCIAL[name], "social"
    return clean(came_from.removeprefix("www."))[:64], "referral"
