"""A dealer's card as typed and as stored; two people at one card."""

import pytest

from callcore.network.dealer_fields import CardFields, checked, fields_of, merged

pytestmark = pytest.mark.unit
REGIONS = frozenset({"RU-MOW", "RU-SVE"})


def test_what_is_typed_gets_its_stored_form() -> None:
    typed = CardFields(
        name="  Вектор   Строй ",
        region_code="RU-MOW",
        regions=("RU-SVE", "RU-MOW", "RU-SVE"),
        site_url="salon.ru",
        email=" Anna@Salon.RU ",
        phones=("8 (495) 123-45-67", "", "+74951234567", "8-800-555-35-35"),
        description="Окна\r\nи двери ",
    )
    clean, wrong = checked(typed, REGIONS)
    assert wrong == {}
    assert clean == CardFields(
        name="Вектор Строй",
        region_code="RU-MOW",
        regions=("RU-SVE",),
        site_url="https://salon.ru",
        email="anna@salon.ru",
        phones=("+74951234567", "+78005553535"),
        description="Окна\nи двери",
    )
    assert fields_of(clean.values) == clean


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "я" * 121}, "name"),
        ({"region_code": "RU-XX"}, "region_code"),
        ({"regions": ("RU-XX",)}, "regions"),
        ({"site_url": "javascript:alert(1)"}, "site_url"),
        ({"site_url": "ftp://salon.ru"}, "site_url"),
        ({"site_url": "https://user:pass@salon.ru"}, "site_url"),
        ({"site_url": "https://salon.ru/\"onclick='x"}, "site_url"),
        ({"site_url": "http://[::1"}, "site_url"),
        ({"email": "anna"}, "email"),
        ({"email": "a@b c.ru"}, "email"),
        ({"phones": ("", "не телефон")}, "phone-1"),
        ({"phones": ("+7 495 123-45-67 доб. 12",)}, "phone-0"),
        ({"description": "я" * 2001}, "description"),
    ],
)
def test_each_mistake_stands_by_its_field(typed: dict[str, object], field: str) -> None:
    _, wrong = checked(CardFields(**{"name": "Вектор"} | typed), REGIONS)
    assert list(wrong) == [field]


def test_what_i_did_not_touch_becomes_theirs_and_what_i_typed_stays_mine() -> None:
    base = CardFields(name="Вектор", email="old@salon.ru", description="старое")
    mine = CardFields(name="Вектор", email="old@salon.ru", description="моё")
    theirs = CardFields(name="Вектор", email="new@salon.ru", description="чужое")
    assert merged(mine, base, theirs) == CardFields(name="Вектор", email="new@salon.ru", description="моё")
