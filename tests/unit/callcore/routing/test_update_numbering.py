"""A new plan out of the registry's files: what changes, what stays, what is refused."""

import pytest

from callcore.routing.compile_numbering import Range, flatten, flatten_operators, pack
from callcore.routing.numbering import edition_of, parse_numbering, parse_operators
from callcore.routing.update_numbering import (
    Change,
    NumberingRefused,
    RegionNumbers,
    Segment,
    Source,
    segments,
    update_plan,
)

pytestmark = pytest.mark.unit

HEADER = "АВС/ DEF;От;До;Емкость;Оператор;Регион\n"
TERRITORIES = "name,codes\nТомская область,RU-TOM\nОмская область,RU-OMS\nРоссийская Федерация,\n".encode()
LANDLINE = Range(3820000000, 3829999999, ("RU-TOM",))


def packed(*ranges: Range) -> bytes:
    return pack(flatten(ranges), "old", flatten_operators(ranges))


def source(*rows: str, name: str = "DEF-9xx.csv") -> Source:
    return Source(name, (HEADER + "\n".join(rows)).encode())


def update(present: bytes, *sources: Source, **options: bool):
    return update_plan(present, sources, TERRITORIES, "2026-09-01", **options)


PRESENT = packed(
    LANDLINE,
    Range(9000000000, 9000000099, ("RU-TOM",), "Альфа"),
    Range(9000000100, 9000000199, ("RU-OMS",), "Бета"),
)
SAME = ("900;0;99;100;Альфа;Томская область", "900;100;199;100;Бета;Омская обл.")


def test_the_same_registry_changes_nothing():
    done = update(PRESENT, source(*SAME))
    assert (done.added, done.removed, done.changed) == (Change(), Change(), Change())
    assert done.regions == (RegionNumbers("RU-OMS", 100, 100), RegionNumbers("RU-TOM", 100, 100))
    assert edition_of(done.packed) == "2026-09-01"
    assert done.blocks == ("9xx",)


def test_added_removed_and_changed_are_counted_as_ranges_and_numbers():
    done = update(
        PRESENT,
        source(
            "900;0;39;40;Альфа;Томская область",
            "900;40;49;10;Бета;Томская область",  # another operator
            "900;50;99;50;Альфа;Томская область",
            "900;100;189;90;Бета;Томская область",  # another region; the last ten are gone
            "900;300;304;5;Гамма;Омская область",
            "900;305;309;5;Гамма;Омская область",
        ),
    )
    assert done.changed == Change(2, 100)
    assert done.removed == Change(1, 10)
    assert done.added == Change(1, 10)
    assert done.regions == (RegionNumbers("RU-OMS", 100, 10), RegionNumbers("RU-TOM", 100, 190))
    operators = parse_operators(done.packed)
    assert [operators.operator_of(9000000000 + last) for last in (0, 45, 99, 300, 400)] == [
        "Альфа",
        "Бета",
        "Альфа",
        "Гамма",
        "",
    ]


def test_blocks_without_a_file_stay():
    plan = parse_numbering(update(PRESENT, source(*SAME)).packed)
    assert plan.regions_of("+73822000000") == ("RU-TOM",)
    assert plan.regions_of("+79000000150") == ("RU-OMS",)


def test_a_plan_without_operators_is_compared_by_regions():
    old = packed(LANDLINE, Range(9000000000, 9000000199, ("RU-TOM",)))
    done = update(old, source("900;0;199;200;Альфа;Томская область"))
    assert done.changed == Change()


def test_one_broken_line_refuses_everything_and_all_are_named():
    with pytest.raises(NumberingRefused) as caught:
        update(
            PRESENT,
            source(*SAME, "900;1;x;2;А;Омская область", "900;5;4;2;А;Омская область"),
            source("900;150;160;11;Г;Омская область", "382;0;9;10;Д;Томская область", name="second.csv"),
            is_insisted=True,
        )
    assert not caught.value.is_doubt
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "DEF-9xx.csv, строка 4",
        "DEF-9xx.csv, строка 5",
        "second.csv, строка 2",
    ]
    assert "DEF-9xx.csv, строка 3" in caught.value.problems[2]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("900;0;99;100;Альфа;Томская область",), "номеров стало бы 100 вместо 200"),
        (("901;0;199;200;Альфа;Томская область",), "нет 1 кодов из 1, которые есть сейчас: 900"),
        (("900;0;199;200;Альфа;Атлантида",), "незнакомая территория: «Атлантида»"),
    ],
    ids=["fewer numbers", "codes are gone", "unknown territories"],
)
def test_what_looks_wrong_needs_a_person_who_insists(rows, words):
    with pytest.raises(NumberingRefused) as caught:
        update(PRESENT, source(*rows))
    assert caught.value.is_doubt
    assert any(words in problem for problem in caught.value.problems)
    assert update(PRESENT, source(*rows), is_insisted=True).rows == 1


def test_a_few_unknown_territories_are_reported_and_keep_their_operator():
    present = packed(Range(9000000000, 9000000199, ("RU-TOM",), "Альфа"))
    done = update(present, source("900;0;189;190;Альфа;Томская область", "900;190;199;10;Альфа;Тьмутаракань"))
    assert done.unknown == (("Тьмутаракань", 1),)
    assert parse_numbering(done.packed).regions_of("+79000000195") == ()
    assert parse_operators(done.packed).operator_of(9000000195) == "Альфа"


def test_numbers_of_the_whole_country_are_no_unknown_territory():
    done = update(PRESENT, source("800;0;9;10;Альфа;Российская Федерация", name="ABC-8xx.csv"))
    assert done.unknown == ()
    assert done.added == Change(1, 10)


def test_a_range_over_the_edge_of_a_block_is_cut():
    old = packed(Range(8999999990, 9000000009, ("RU-TOM",)))
    done = update(old, source("900;0;9;10;Альфа;Омская область"))
    assert list(segments(done.packed)) == [
        Segment(8999999990, 8999999999, ("RU-TOM",), ""),
        Segment(9000000000, 9000000009, ("RU-OMS",), "Альфа"),
    ]
