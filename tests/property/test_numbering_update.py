"""Whatever the registry says is what the plan answers, and the report's sums agree."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.routing.compile_numbering import pack
from callcore.routing.numbering import parse_numbering, parse_operators
from callcore.routing.update_numbering import Source, segments, update_plan

pytestmark = pytest.mark.property

REGIONS = {"Томская область": "RU-TOM", "Омская область": "RU-OMS", "Город Москва": "RU-MOW"}
TERRITORIES = ("name,codes\n" + "\n".join(f"{name},{code}" for name, code in REGIONS.items())).encode()
HEADER = "АВС/ DEF;От;До;Емкость;Оператор;Регион\n"
NOTHING = pack([], "none")


@st.composite
def registries(draw: st.DrawFn) -> list[tuple[int, int, str, str]]:
    """Rows (first, last, operator, territory) of code 900 that do not overlap."""
    edges = sorted(draw(st.sets(st.integers(0, 300), min_size=2, max_size=24)))
    rows = []
    for first, following in pairwise(edges):
        if draw(st.booleans()) or first == edges[0]:
            operator = draw(st.sampled_from(["Альфа", 'ООО "Бета"', "Гамма; Юг"]))
            rows.append((first, following - 1, operator, draw(st.sampled_from(sorted(REGIONS)))))
    return rows


def as_file(rows: list[tuple[int, int, str, str]]) -> Source:
    lines = [f"900;{a};{b};{b - a + 1};{operator};{name}" for a, b, operator, name in rows]
    return Source("DEF-9xx.csv", (HEADER + "\n".join(lines)).encode())


def total(packed: bytes) -> int:
    return sum(item.last - item.first + 1 for item in segments(packed))


@settings(max_examples=60, deadline=None)
@given(before=registries(), after=registries())
def test_the_plan_answers_as_the_last_registry_and_sums_agree(before, after):
    start = update_plan(NOTHING, [as_file(before)], TERRITORIES, "1", is_insisted=True)
    done = update_plan(start.packed, [as_file(after)], TERRITORIES, "2", is_insisted=True)
    plan, operators = parse_numbering(done.packed), parse_operators(done.packed)
    known = {
        number: (operator, REGIONS[name]) for a, b, operator, name in after for number in range(a, b + 1)
    }
    for number in range(302):
        national = 9_000_000_000 + number
        operator, code = known.get(number, ("", ""))
        assert operators.operator_of(national) == operator
        assert plan.regions_of(f"+7{national}") == ((code,) if code else ())
    assert total(done.packed) == total(start.packed) + done.added.numbers - done.removed.numbers
    again = update_plan(done.packed, [as_file(after)], TERRITORIES, "2")
    assert again.packed == done.packed
    assert again.added.numbers == again.removed.numbers == again.changed.numbers == 0
