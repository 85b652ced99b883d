"""Customers by market, each with a number of the market's block and an address."""

from dataclasses import dataclass

from callcore.demo.chance import Chance
from callcore.demo.data import DemoData, DemoMarket

COUNT = 600


@dataclass(frozen=True, slots=True)
class ToldCustomer:
    id: int
    name: str
    number: str  # E.164
    region: str
    tz: str
    city: str
    address: str
    note: str
    email: str = ""


def tell_customers(data: DemoData, chance: Chance) -> tuple[ToldCustomer, ...]:
    """The first is the first sample of the data: the simulated carrier's caller is a known customer."""
    sample = data.samples[0]
    market = next(market for market in data.markets if sample.number.startswith(market.block))
    told = [_customer(data, chance, market, 1, sample.number, sample.name)]
    taken = {sample.number for sample in data.samples}
    weights = [market.weight for market in data.markets]
    used = dict.fromkeys((market.block for market in data.markets), 0)
    for number, market in enumerate(chance.random.choices(data.markets, weights, k=COUNT - 1), start=2):
        used[market.block] += 1
        phone = f"{market.block}{used[market.block]:04d}"
        assert phone not in taken
        is_company = chance.happens(0.06)
        name = chance.one(data.words.companies) if is_company else chance.person(data.words)
        told.append(_customer(data, chance, market, number, phone, name))
    return tuple(told)


def _customer(
    data: DemoData, chance: Chance, market: DemoMarket, number: int, phone: str, name: str
) -> ToldCustomer:
    house = f"д. {chance.random.randint(1, 120)}"
    flat = f", кв. {chance.random.randint(1, 180)}" if chance.happens(0.5) else ""
    return ToldCustomer(
        id=number,
        name=name,
        number=phone,
        region=market.region,
        tz=data.zone(market.region),
        city=chance.one(market.cities),
        address=f"{chance.one(data.words.streets)}, {house}{flat}",
        note=chance.one(data.words.notes) if chance.happens(0.15) else "",
        email=f"customer{number}@mail.dealerline.example" if chance.happens(0.2) else "",
    )
