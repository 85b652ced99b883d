"""What leaves us of an address, which town a word means, when a service is not believed."""

import pytest

from callcore.orders.geocoding.gazetteer import Gazetteer, Town, shipped_gazetteer
from callcore.orders.geocoding.outgoing import MAX_CHARS, asked_of
from callcore.orders.geocoding.port import Asked, Found, Precision, kilometres
from callcore.orders.geocoding.with_towns import WithTowns

pytestmark = pytest.mark.unit
TVER = (56.8586, 35.9117)


@pytest.mark.parametrize(
    ("address", "name", "leaves"),
    [
        ("ул. Садовая, 5, кв. 12, подъезд 2, домофон 45", "Иванова Мария", "ул. Садовая, 5"),
        ("170000, ул. Пушкина, д. 5/2, Пушкина Анна", "Пушкина Анна", "ул. Пушкина, д. 5/2"),
        ("Садовая 5 (спросить Марию), тел. 34-56-78", "Иванова Мария", "Садовая 5"),
        ("Мария, Садовая 5, 345678, m@example.ru", "Иванова МАРИЯ", "Садовая 5"),
        ("ул. 50 лет Октября, 5, 8(912)345-67-89 Анна", "", "ул. 50 лет Октября, 5"),
        ("ул. Садовая, 5\nполучатель Анна", "", "ул. Садовая, 5"),
        ("д. Семёново, д. 5", "Семёнов Пётр", "д. Семёново, д. 5"),
        ("+79123456789", "", ""),
    ],
)
def test_a_person_never_leaves_with_his_address(address: str, name: str, leaves: str) -> None:
    assert asked_of("Тверь", address, "RU-TVE", name) == Asked("Тверь", leaves, "RU-TVE")


def test_words_without_end_are_cut() -> None:
    assert len(asked_of("", "а" * 5000, "", "").address) == MAX_CHARS


@pytest.mark.parametrize(
    ("city", "address", "region", "town"),
    [
        ("г. Орел", "", "RU-ORL", ("Орёл", "RU-ORL")),
        ("Ростов на Дону", "", "", ("Ростов-на-Дону", "RU-ROS")),
        ("Химки", "", "RU-MOW", ("Химки", "RU-MOS")),  # next to the region of the customer's number
        ("Киров", "", "RU-KLU", ("Киров", "RU-KLU")),
        ("Киров", "", "RU-KDA", ("Киров", "RU-KIR")),  # the large one
        ("Адыгейск", "", "", ("Адыгейск", "RU-AD")),
        ("Адыгейск", "", "RU-PRI", None),  # a small namesake far away
        ("пос. Советский", "", "RU-KDA", None),
        ("", "г Нижний Новгород ул. Мира, 5", "", ("Нижний Новгород", "RU-NIZ")),
        ("", "Тверь, ул. Садовая, 5", "RU-MOW", ("Тверь", "RU-TVE")),
        ("", "Тверь", "RU-TVE", None),  # one word alone may be a street
        ("", "", "RU-TVE", None),
    ],
)
def test_the_town_that_is_meant(city: str, address: str, region: str, town: tuple[str, str] | None) -> None:
    found = shipped_gazetteer().town_of(Asked(city, address, region))
    assert (found and (found.name, found.region)) == town


def test_the_shipped_table_holds_degrees() -> None:
    gazetteer = shipped_gazetteer()
    moscow = gazetteer.town_of(Asked("Москва", ""))
    assert moscow is not None
    assert kilometres(moscow.lat, moscow.lon, *TVER) == pytest.approx(162, abs=3)


class Service:
    name = "nominatim"

    def __init__(self, found: Found | None) -> None:
        self.found = found
        self.asked: list[Asked] = []

    async def find(self, asked: Asked) -> Found | None:
        self.asked.append(asked)
        return self.found


@pytest.mark.parametrize(
    ("found", "source"),
    [
        (Found(56.85, 35.91, Precision.HOUSE, "Тверь, Садовая, 5", "nominatim"), "nominatim"),
        (Found(55.75, 37.61, Precision.HOUSE, "Москва, Садовая, 5", "nominatim"), "gazetteer"),  # elsewhere
        (None, "gazetteer"),
    ],
)
async def test_a_house_in_another_town_is_not_believed(found: Found | None, source: str) -> None:
    towns = Gazetteer([Town("Тверь", "RU-TVE", *TVER, 400_000)], lambda _: ())
    service = Service(found)
    answer = await WithTowns(service, towns).find(Asked("Тверь", "Садовая, 5", "RU-MOW"))
    assert answer is not None
    assert answer.source == source
    assert service.asked[0].region == "Тверская область"  # the town's, not that of the customer's number
