"""The shipped plan against numbers whose region was looked up in the registry by hand; last digits are made up."""

import csv
import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcore.routing.numbering import EMPTY_PLAN, load_numbering, national_number, parse_numbering

pytestmark = pytest.mark.unit

DATA = Path(__file__).parents[4] / "config" / "data"
SAMPLES = [
    ("+74951234567", "RU-MOW"),
    ("+74991234567", "RU-MOW"),
    ("+74965712345", "RU-MOS"),
    ("+74982345678", "RU-MOS"),
    ("+78123456789", "RU-SPE"),
    ("+78137512345", "RU-LEN"),
    ("+73431234567", "RU-SVE"),
    ("+73832123456", "RU-NVS"),
    ("+78432123456", "RU-TA"),
    ("+78462123456", "RU-SAM"),
    ("+78452123456", "RU-SAR"),
    ("+74012123456", "RU-KGD"),
    ("+78612123456", "RU-KDA"),
    ("+78622123456", "RU-KDA"),
    ("+78632123456", "RU-ROS"),
    ("+73512123456", "RU-CHE"),
    ("+73472123456", "RU-BA"),
    ("+73422123456", "RU-PER"),
    ("+73912123456", "RU-KYA"),
    ("+73952123456", "RU-IRK"),
    ("+74112123456", "RU-SA"),
    ("+74232123456", "RU-PRI"),
    ("+74212123456", "RU-KHA"),
    ("+74242123456", "RU-SAK"),
    ("+74152123456", "RU-KAM"),
    ("+74132123456", "RU-MAG"),
    ("+73022123456", "RU-ZAB"),
    ("+73822123456", "RU-TOM"),
    ("+73842123456", "RU-KEM"),
    ("+78512123456", "RU-AST"),
    ("+78442123456", "RU-VGG"),
    ("+78007001234", ""),
    ("+78095123456", ""),
    ("+78035123456", ""),
    ("+79161234567", "RU-MOW RU-MOS"),
    ("+79261234567", "RU-MOW RU-MOS"),
    ("+79031234567", "RU-MOW RU-MOS"),
    ("+79219876543", "RU-SPE RU-LEN"),
    ("+79043312345", "RU-SPE RU-LEN"),
    ("+79122345678", "RU-SVE"),
    ("+79139123456", "RU-NVS"),
    ("+79509876543", "RU-KYA"),
    ("+79147012345", "RU-PRI"),
    ("+79241234567", "RU-PRI"),
    ("+79781234567", "RU-KDA"),
    ("+79991234567", "RU-PER"),
    ("+79581234567", "RU-MOW RU-MOS"),
    ("+79411234567", "RU-MOW RU-MOS"),
    ("+79401234567", ""),
    ("+77011234567", ""),
    ("+77172123456", ""),
]


@pytest.fixture(scope="module")
def plan():
    return load_numbering(DATA / "numbering" / "plan.gz")


@pytest.mark.parametrize(("number", "codes"), SAMPLES)
def test_region_of_a_number(plan, number, codes):
    assert plan.regions_of(number) == tuple(codes.split())


@pytest.mark.parametrize(
    "text", ["+79122345678", "79122345678", "89122345678", "9122345678", "+7 (912) 234-56-78"]
)
def test_usual_spellings(plan, text):
    assert plan.regions_of(text) == ("RU-SVE",)


@pytest.mark.parametrize(
    "text", ["", "anonymous", "7" * 40, "+375291234567", "112", "+7912234567", "９１２２３４５６７８"]
)
def test_no_number_has_no_region(plan, text):
    assert plan.regions_of(text) == ()


def test_every_mobile_code_that_the_registry_allots_to_regions_is_known(plan):
    """Those without are nobody's, abroad or of the whole country (satellites, machines)."""
    codes = {
        code
        for code in range(900, 1000)
        if not any(plan.regions_of(f"+7{code}{place:07}") for place in range(0, 10**7, 10**4))
    }
    assert codes == {907, 935, 940, *range(943, 949), 954, 956, 957, *range(971, 977), 997, 998}


def test_every_code_is_a_region_of_ours(plan):
    with (DATA / "regions.csv").open(encoding="utf-8") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    assert len(known) == 89
    assert {code for codes in plan.sets for code in codes} == known


def test_every_region_has_a_name_and_a_zone_that_exists():
    with (DATA / "regions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["name"] for row in rows}) == len(rows)
    assert all(ZoneInfo(row["tz"]) for row in rows)
    assert {row["code"]: row["name"] for row in rows}["RU-MOW"] == "Москва"


def test_neighbours_are_regions_and_mutual():
    with (DATA / "regions.csv").open(encoding="utf-8") as file:
        neighbours = {row["code"]: row["neighbours"].split() for row in csv.DictReader(file)}
    assert [
        (one, other) for one, near in neighbours.items() for other in near if one not in neighbours[other]
    ] == []
    assert all(len(set(near)) == len(near) for near in neighbours.values())
    assert all(code not in near for code, near in neighbours.items())


def test_only_an_island_and_an_exclave_have_no_neighbour():
    with (DATA / "regions.csv").open(encoding="utf-8") as file:
        neighbours = {row["code"]: row["neighbours"].split() for row in csv.DictReader(file)}
    assert {code for code, near in neighbours.items() if not near} == {"RU-SAK", "RU-KGD"}
    assert neighbours["RU-SPE"] == ["RU-LEN"]
    reached, waiting = set(), ["RU-MOW"]
    while waiting:
        code = waiting.pop()
        if code not in reached:
            reached.add(code)
            waiting += neighbours[code]
    assert len(reached) == len(neighbours) - 2, "everywhere else can be reached over land"


def test_small(plan):
    path = DATA / "numbering" / "plan.gz"
    assert path.stat().st_size < 100_000
    assert len(plan.starts) * (plan.starts.itemsize + plan.regions.itemsize) < 1_000_000


@pytest.mark.parametrize(
    "packed",
    [b"", b"junk", gzip.compress(b""), gzip.compress(b"other 1\n0 RU-MOW"), gzip.compress("ё".encode())],
    ids=["empty", "no gzip", "nothing inside", "another format", "no ascii"],
)
def test_another_file_is_refused(packed):
    with pytest.raises(ValueError, match="numbering plan"):
        parse_numbering(packed)


def test_the_empty_plan_knows_nobody():
    assert EMPTY_PLAN.regions_of("+79122345678") == ()
    assert national_number("+79122345678") == 9122345678
