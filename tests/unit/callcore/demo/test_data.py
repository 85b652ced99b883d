"""The demo network is whole and believable, and no number in it is somebody's."""

from decimal import Decimal

import phonenumbers
import pytest

from callcore.demo.data import EMAIL_DOMAIN, DemoData, load_demo_data
from callcore.kernel.phones import parse_phone
from callcore.network.model import Role
from callcore.routing.hours import parse_hours

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def data() -> DemoData:
    return load_demo_data()


def test_one_manufacturer_and_a_network_below_it(data: DemoData) -> None:
    factory, *others = data.orgs
    dealers = [org for org in others if not org.parent]
    subdealers = {org.slug: org for org in others if org.parent}
    assert not factory.parent
    assert len(dealers) >= 12
    assert len(subdealers) == 4
    assert any(org.parent in subdealers for org in subdealers.values()), "one stands below a subdealer"
    assert len({org.region for org in others}) >= 6
    assert len({org.tz for org in others}) >= 5


def test_parents_stand_before_those_below_them(data: DemoData) -> None:
    seen: set[str] = set()
    for org in data.orgs:
        assert not org.parent or org.parent in seen
        seen.add(org.slug)


def test_all_regions_are_known(data: DemoData) -> None:
    known = {region.code for region in data.regions}
    named = {org.region for org in data.orgs} | {market.region for market in data.markets}
    named |= {did.region for did in data.dids if did.region} | {
        code for org in data.orgs for code in org.serves
    }
    assert named <= known


def test_hours_can_be_read_and_have_every_shape(data: DemoData) -> None:
    weeks = [parse_hours(outlet.hours) for org in data.orgs for outlet in org.outlets]
    periods = [period for week in weeks for day in week.days for period in day]
    assert any(len(day) > 1 for week in weeks for day in week.days), "a lunch break"
    assert any(week.days[5] for week in weeks), "a Saturday"
    assert any(end <= start for start, end in periods), "over midnight"


def test_every_dealer_has_an_outlet_with_a_phone(data: DemoData) -> None:
    for org in data.orgs[1:]:
        assert org.outlets
        assert all(outlet.phones for outlet in org.outlets)


def test_numbers_are_possible_unique_and_nobodys(data: DemoData) -> None:
    """A block that begins with zeros after the area code is given to no subscriber."""
    outside = [
        phone.number for org in data.orgs for outlet in org.outlets for phone in outlet.phones if phone.number
    ]
    duty = [phone.number for phone in data.duty if phone.number]
    numbers = outside + duty + [did.number for did in data.dids] + [sample.number for sample in data.samples]
    assert len(numbers) == len(set(numbers))
    for number in numbers:
        parsed = parse_phone(number)
        assert parsed is not None
        assert parsed.e164 == number
        assert phonenumbers.is_possible_number(phonenumbers.parse(number))
        assert number[5:8] == "000" or number[6:8] == "00"


def test_every_market_has_a_number_of_its_own_and_one_goes_to_operators(data: DemoData) -> None:
    assert {market.region for market in data.markets} <= {did.region for did in data.dids}
    assert any(did.number.startswith("+7800") and did.to_operators for did in data.dids)
    assert {"yandex-direct", "business-card", "site"} <= {did.source for did in data.dids}
    assert sum(bool(did.dealer) for did in data.dids) >= 3
    assert {did.dealer for did in data.dids if did.dealer} <= {org.slug for org in data.orgs}


def test_people_of_every_role_can_sign_in(data: DemoData) -> None:
    assert [person.role for person in data.logins] == list(
        dict.fromkeys(person.role for person in data.logins)
    )
    assert {person.role for person in data.logins} == set(Role)
    emails = [person.email for person in data.people]
    assert len(emails) == len(set(emails))
    assert all(email.endswith(f"@{EMAIL_DOMAIN}") for email in emails)
    assert f"operator@{EMAIL_DOMAIN}" in emails
    assert sum(person.role is Role.OPERATOR and person.phone is not None for person in data.people) == 4


def test_three_hundred_products(data: DemoData) -> None:
    assert len(data.products) == 300
    assert len({product.article for product in data.products}) == 300
    assert len({product.name for product in data.products}) == 300
    assert len({product.category for product in data.products}) >= 6
    assert data.products[0].price == Decimal("222.75")
    assert all(product.price > 0 and product.price == round(product.price, 2) for product in data.products)
    assert any(product.price % 1 for product in data.products)


def test_no_secret_stands_in_the_data() -> None:
    from importlib.resources import files

    for entry in files("config").joinpath("demo").iterdir():
        assert "password" not in entry.read_text("utf-8").lower()
