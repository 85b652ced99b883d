"""What config/demo says, read and checked: the network, the words, the products."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

from callcore.network.model import Role
from dialplans.plan import Behaviour, PhoneKind

EMAIL_DOMAIN = "demo.dealerline.example"


@dataclass(frozen=True, slots=True)
class DemoRegion:
    code: str
    name: str
    tz: str


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """`price` is roubles."""

    article: str
    name: str
    category: str
    unit: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class DemoPhone:
    """SIP when `number` is empty."""

    label: str
    number: str = ""
    accept_by_key: bool = True
    behaviour: Behaviour = Behaviour.ACCEPT

    @property
    def kind(self) -> PhoneKind:
        return PhoneKind.EXTERNAL if self.number else PhoneKind.SIP


@dataclass(frozen=True, slots=True)
class DemoOutlet:
    name: str
    city: str
    address: str
    hours: Mapping[str, Any]
    position: int
    phones: tuple[DemoPhone, ...]
    accepts_calls: bool = True


@dataclass(frozen=True, slots=True)
class DemoOrg:
    """`parent` is a slug, empty for those right below the manufacturer."""

    slug: str
    name: str
    region: str
    tz: str
    parent: str = ""
    serves: tuple[str, ...] = ()
    site: str = ""
    points: int = 0
    state: str = "active"
    takes_site_calls: bool = True
    outlets: tuple[DemoOutlet, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in. `slug` names the organisation; operators have a phone."""

    login: str
    name: str
    role: Role
    slug: str
    phone: DemoPhone | None = None

    @property
    def email(self) -> str:
        return f"{self.login}@{EMAIL_DOMAIN}"


@dataclass(frozen=True, slots=True)
class DemoDid:
    number: str
    label: str
    region: str | None = None
    dealer: str = ""
    source: str = "unknown"
    medium: str = "unknown"
    campaign: str = ""
    request_type: str = "call"
    to_operators: bool = False
    language: str = "ru"
    greeting: str = ""
    whisper: str = ""
    says_recorded: bool = False
    waiting: str = "ringback"
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class DemoMarket:
    """Where customers live; `block` is the first digits of their numbers, four more follow."""

    region: str
    weight: int
    block: str
    cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoSample:
    """A customer whom the simulated carrier plays, and the number that this customer dials."""

    number: str
    name: str
    did: str


@dataclass(frozen=True, slots=True)
class DemoService:
    name: str
    unit: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class DemoWords:
    surnames: tuple[str, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]
    fathers: tuple[str, ...]
    companies: tuple[str, ...]
    streets: tuple[str, ...]
    notes: tuple[str, ...]
    comments: tuple[str, ...]
    failures: tuple[str, ...]
    services: tuple[DemoService, ...]


@dataclass(frozen=True, slots=True)
class DemoData:
    """`orgs` begins with the manufacturer; a parent stands before those below it. The zone of a market is `zone(code)`."""

    regions: tuple[DemoRegion, ...]
    orgs: tuple[DemoOrg, ...]
    people: tuple[DemoPerson, ...]
    logins: tuple[DemoPerson, ...]
    duty: tuple[DemoPhone, ...]
    dids: tuple[DemoDid, ...]
    markets: tuple[DemoMarket, ...]
    samples: tuple[DemoSample, ...]
    products: tuple[DemoProduct, ...]
    words: DemoWords

    def zone(self, region_code: str) -> str:
        return next(region.tz for region in self.regions if region.code == region_code)


def load_demo_data() -> DemoData:
    """Raises KeyError, TypeError or ValueError when a file of config/demo was spoiled."""
    raw = tomllib.loads(_text("demo/network.toml"))
    factory = _org(raw["manufacturer"], {})
    orgs = (factory, *(_org(dealer, raw["hours"]) for dealer in raw["dealer"]))
    words = _words(tomllib.loads(_text("demo/texts.toml")))
    people = (*_staff(raw["staff"], factory.slug), *_dealer_people(orgs[1:], raw["dealer_logins"], words))
    first = {person.role: person for person in reversed(people)}
    for role, login in raw["dealer_logins"].items():
        first[Role(role)] = next(person for person in people if person.login == login["login"])
    return DemoData(
        regions=tuple(
            DemoRegion(row["code"], row["name"], row["tz"])
            for row in csv.DictReader(_text("data/regions.csv").splitlines())
        ),
        orgs=orgs,
        people=people,
        logins=tuple(first[role] for role in Role),
        duty=tuple(_phone(phone) for phone in raw["duty"]),
        dids=tuple(DemoDid(**did) for did in raw["did"]),
        markets=tuple(
            DemoMarket(**{**market, "cities": tuple(market["cities"])}) for market in raw["market"]
        ),
        samples=tuple(DemoSample(**sample) for sample in raw["sample"]),
        products=tuple(_product(row) for row in csv.DictReader(_text("demo/products.csv").splitlines())),
        words=words,
    )


def _text(path: str) -> str:
    return files("config").joinpath(path).read_text("utf-8")


def _org(raw: dict[str, Any], weeks: dict[str, Any]) -> DemoOrg:
    outlets = tuple(
        DemoOutlet(
            **{**outlet, "hours": weeks[outlet["hours"]], "phones": tuple(map(_phone, outlet["phones"]))}
        )
        for outlet in raw.get("outlet", ())
    )
    rest = {name: value for name, value in raw.items() if name != "outlet"}
    return DemoOrg(**{**rest, "serves": tuple(raw.get("serves", ())), "outlets": outlets})


def _phone(raw: dict[str, Any]) -> DemoPhone:
    return DemoPhone(**{**raw, "behaviour": Behaviour(raw.get("behaviour", Behaviour.ACCEPT))})


def _product(raw: dict[str, str]) -> DemoProduct:
    return DemoProduct(raw["article"], raw["name"], raw["category"], raw["unit"], Decimal(raw["price"]))


def _words(raw: dict[str, Any]) -> DemoWords:
    services = tuple(
        DemoService(row["name"], row["unit"], Decimal(row["price"])) for row in raw.pop("services")
    )
    return DemoWords(**{name: tuple(values) for name, values in raw.items()}, services=services)


def _staff(raw: list[dict[str, Any]], slug: str) -> tuple[DemoPerson, ...]:
    return tuple(
        DemoPerson(
            login=person["login"],
            name=person["name"],
            role=Role(person["role"]),
            slug=slug,
            phone=_phone({"accept_by_key": False} | person["phone"]) if "phone" in person else None,
        )
        for person in raw
    )


def _dealer_people(
    orgs: tuple[DemoOrg, ...], logins: dict[str, dict[str, str]], words: DemoWords
) -> tuple[DemoPerson, ...]:
    """An owner and a manager for each dealer, one person for each subdealer; names go round the lists."""
    known = {(login["slug"], role): login["login"] for role, login in logins.items()}
    people = []
    for number, org in enumerate(orgs):
        roles = (Role.SUBDEALER,) if org.parent else (Role.DEALER_OWNER, Role.DEALER_MANAGER)
        for role, usual in zip(roles, ("owner", "manager"), strict=False):
            login = known.get((org.slug, role), f"{usual}.{org.slug}")
            place = number * 2 + (usual == "manager")
            people.append(DemoPerson(login, _name(words, place), role, org.slug))
    return tuple(people)


def _name(words: DemoWords, place: int) -> str:
    surname = words.surnames[(place * 7) % len(words.surnames)]
    father = words.fathers[(place * 5) % len(words.fathers)]
    if place % 2:
        return f"{surname}а {words.women[(place * 3) % len(words.women)]} {patronymic(father, woman=True)}"
    return f"{surname} {words.men[(place * 3) % len(words.men)]} {patronymic(father, woman=False)}"


def patronymic(stem: str, *, woman: bool) -> str:
    """`stem` is the possessive of the father's name: Иванов → Иванович, Ивановна."""
    return f"{stem}на" if woman else f"{stem}ич"
