"""Files of the registry as they have been published over the years, and as people spoil them."""

import gzip
from dataclasses import astuple

import pytest

from callcore.routing.registry import Allotment, overlaps, read_registry

pytestmark = pytest.mark.unit

SIX = "АВС/ DEF;От;До;Емкость;Оператор;Регион"
SEVEN = f"{SIX};ИНН"
EIGHT = f"{SIX};Территория ГАР;ИНН"
SECOND = 'ООО "Т2 Мобайл"'


def problems(text: str) -> list[tuple[int, str]]:
    return [(item.line, item.text) for item in read_registry(text.encode()).problems]


@pytest.mark.parametrize(
    "text",
    [
        f"{SIX}\n900;0000000;0061999;62000;{SECOND};Краснодарский край\n",
        f'{SEVEN}\n900;0;61999;62000;"ООО ""Т2 Мобайл""";Краснодарский край;7743895280\n',
        f"{EIGHT}\n900;0000000;0061999;62000;{SECOND};-;Краснодарский край;7743895280",
        '"АВС/ DEF";"От";"До";"Емкость";"Оператор";"Регион"\n"900";"0";"61999";"62000";"ООО ""Т2 Мобайл""";"Краснодарский край"\n',
        f"{SIX.replace('е', 'ё', 1).upper()}\n\n900; 0 ;61 999;62 000;{SECOND} ;  Краснодарский   край\n\n",
    ],
    ids=["six", "seven unpadded quoted", "eight", "all quoted", "spaces and empty lines"],
)
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("cp1251"),
        lambda text: text.replace("\n", "\r\n").encode("cp1251"),
        lambda text: gzip.compress(text.encode()),
    ],
    ids=["utf-8", "bom", "windows-1251", "crlf", "gzip"],
)
def test_every_edition_in_every_encoding(text, encode):
    file = read_registry(encode(text))
    assert file.problems == ()
    assert [astuple(row)[:4] for row in file.rows] == [(9000000000, 9000061999, SECOND, "Краснодарский край")]


@pytest.mark.parametrize(
    ("cell", "operator"),
    [
        ('"МТТ', '"МТТ'),
        ('АО "МТТ"', 'АО "МТТ"'),
        ('"АО ""МТТ; Восток"""', 'АО "МТТ; Восток"'),
        ("АО МТТ; Восток", "АО МТТ; Восток"),
        ("А\x00О\u2028МТТ", "А О МТТ"),
    ],
    ids=["a quote that nobody closes", "bare quotes", "semicolon in quotes", "bare semicolon", "control"],
)
def test_names_of_operators_do_not_move_the_cells(cell, operator):
    text = f"{SEVEN}\n900;0;9;10;{cell};Томская область;77\n900;10;19;10;Другой;Томская область;77\n"
    file = read_registry(text.encode())
    assert file.problems == ()
    assert [row.operator for row in file.rows] == [operator, "Другой"]
    assert {row.territory for row in file.rows} == {"Томская область"}


def test_everything_wrong_is_named_by_its_line():
    rows = [
        "900;0;9;10;А;Томская область",
        "90;0;9;10;А;Томская область",
        "700;0;9;10;А;Томская область",
        "900;x;9;10;А;Томская область",
        "900;0;12345678;10;А;Томская область",
        "900;9;0;10;А;Томская область",
        "900;10;19;11;А;Томская область",
        "900;10;19",
        "９00;10;19;10;А;Томская область",
        "900;20;29;10;А;Томская область",
    ]
    found = problems("\n".join([SIX, *rows]))
    assert [line for line, _ in found] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert found[4][1] == "конец диапазона 0 раньше начала 9"
    assert found[5][1] == "ёмкость '11', а в диапазоне 10 номеров"
    assert found[6][1] == "ячеек 3, нужно 6"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "не файл реестра"),
        (b"<html><body>404</body></html>", "не файл реестра"),
        (b"a;b;c\n1;2;3\n", "не файл реестра"),
        (f"{SIX}\n".encode(), "нет ни одной строки"),
        (gzip.compress(f"{SIX}\n".encode())[:-6], "обрезан"),
        (b"\x1f\x8bnonsense", "повреждён"),
        (SIX.encode("utf-16"), "реестра|кодировка"),
        (b"\x98\x98\xff", "кодировка"),
    ],
    ids=["empty", "a page", "other table", "header only", "cut gzip", "broken gzip", "utf-16", "binary"],
)
def test_what_is_no_registry_is_one_problem(raw, words):
    (problem,) = read_registry(raw).problems
    assert problem.line == 0
    assert any(word in problem.text for word in words.split("|"))


def test_overlaps_are_found_behind_a_wide_range():
    def row(first: int, last: int, line: int) -> tuple[str, Allotment]:
        return "f", Allotment(first, last, "", "", line)

    pairs = overlaps([row(0, 99, 2), row(10, 19, 3), row(50, 59, 4), row(100, 109, 5)])
    assert [(pair[1].line, pair[3].line) for pair in pairs] == [(2, 3), (2, 4)]
    assert overlaps([]) == []


def test_progress_is_told():
    told: list[int] = []
    lines = "\n".join(f"900;{number};{number};1;А;Томская область" for number in range(2500))
    assert len(read_registry(f"{SIX}\n{lines}".encode(), told.append).rows) == 2500
    assert sum(told) == 2000
