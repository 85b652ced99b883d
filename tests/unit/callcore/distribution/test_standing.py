"""Which outlet of a dealer would serve an order."""

import pytest

from callcore.distribution.standing import Place, Where, nearest, place_words

pytestmark = pytest.mark.unit

NEAR = Place(1, 2, "Салон", "Бердск", "RU-NVS", 54.76, 83.10)
FAR = Place(2, 2, "Склад", "Новосибирск", "RU-NVS", 55.03, 82.92)
NO_POINT = Place(3, 2, "Точка", "Искитим", "RU-NVS", None, None)
ELSEWHERE = Place(4, 2, "Офис", "Москва", "RU-MOW", 55.76, 37.62)
ALL = (ELSEWHERE, NO_POINT, FAR, NEAR)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Where("", "RU-NVS", 54.75, 83.09), "Салон, Бердск, 1,3 км"),  # the nearest by the point
        (Where("искитим", "RU-NVS", 55.03, 82.92), "Точка, Искитим, тот же город"),
        (Where("Новосибирск", "RU-NVS", None, None), "Склад, Новосибирск, тот же город"),
        (Where("", "RU-NVS", None, None), "Салон, Бердск"),  # of the region, the first
        (Where("", "", None, None), "Салон, Бердск"),
    ],
)
def test_the_nearest_by_point_then_city_then_region(where: Where, words: str) -> None:
    (one,) = nearest(where, ALL).values()
    assert place_words(one) == words
