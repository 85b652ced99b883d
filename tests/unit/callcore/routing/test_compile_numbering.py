import gzip
from collections import Counter

import pytest

from callcore.routing.compile_numbering import Range, compile_plan, flatten, territory_key, territory_resolver
from callcore.routing.numbering import parse_numbering

pytestmark = pytest.mark.unit

TERRITORIES = (
    "name,codes\nКраснодарский край,RU-KDA\nРостовская область,RU-ROS\nГород Москва,RU-MOW\nМосковская область,RU-MOS\n"
    '"Город Москва, Московская область",RU-MOW RU-MOS\nРеспублика Бурятия,RU-BU\nРоссийская Федерация,\n'
    "Приморский край,RU-PRI\nАмурская область,RU-AMU\n"
).encode()
LANDLINE = "prefix,region,city,operator,note\n495,Город Москва,,,\n495500,Московская область,,,\nregion,,,,\n".encode()
SIX = "АВС/ DEF;От;До;Емкость;Оператор;Регион\n900;0000000;0061999;62000;ООО Т2;Краснодарский край\n"
SEVEN = 'АВС/ DEF;От;До;Емкость;Оператор;Регион;ИНН\n900;0;61999;62000;"ООО ""Т2; Мобайл""";Краснодарский край;7743895280\n'
EIGHT = (
    "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН\n"
    "900;0000000;0061999;62000;ООО Т2;-;Краснодарский край;7743895280\n"
)


@pytest.mark.parametrize(
    "mobile",
    [
        SIX.encode(),
        SEVEN.encode("utf-8-sig"),
        EIGHT.encode("utf-8-sig"),
        SIX.encode("cp1251"),
        EIGHT.replace("\n", "\r\n").encode("cp1251"),
    ],
)
def test_every_edition_of_the_registry_is_read(mobile):
    packed, unknown = compile_plan(mobile, [LANDLINE], TERRITORIES, "test")
    plan = parse_numbering(packed)
    assert not unknown
    assert plan.regions_of("+79000000000") == plan.regions_of("+79000061999") == ("RU-KDA",)
    assert plan.regions_of("+79000062000") == ()
    assert plan.regions_of("+74951234567") == ("RU-MOW",)
    assert plan.regions_of("+74955001234") == ("RU-MOS",), "the longest prefix wins"
    assert plan.regions_of("+74960000000") == ()


def test_same_input_same_bytes():
    assert (
        compile_plan(SIX.encode(), [], TERRITORIES, "t")[0]
        == compile_plan(SIX.encode(), [], TERRITORIES, "t")[0]
    )


@pytest.mark.parametrize("text", ["", "a;b;c\n1;2;3\n", "<html>"])
def test_another_file_is_refused(text):
    with pytest.raises(ValueError, match="registry"):
        compile_plan((text or "\n").encode(), [], TERRITORIES, "t")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Ростовская обл.", ("RU-ROS",)),
        ("г. Москва и Московская область", ("RU-MOW", "RU-MOS")),
        ("г. Москва * Московская область", ("RU-MOW", "RU-MOS")),
        ("Московская область, Город Москва", ("RU-MOS", "RU-MOW")),
        ("г. Улан-Удэ|г.о. город Улан-Удэ|Республика Бурятия", ("RU-BU",)),
        ("Российская Федерация", ()),
        ("Приморский край, Амурская область, Ростовская область, Краснодарский край", ()),
    ],
)
def test_spellings_of_territories(name, codes):
    unknown = Counter()
    rows = [dict(zip(("name", "codes"), line, strict=True)) for line in TERRITORY_ROWS]
    assert territory_resolver(rows, unknown)(name) == codes
    assert not unknown


TERRITORY_ROWS = [
    ("Ростовская область", "RU-ROS"),
    ("Город Москва", "RU-MOW"),
    ("Московская область", "RU-MOS"),
    ("Республика Бурятия", "RU-BU"),
    ("Российская Федерация", ""),
    ("Приморский край", "RU-PRI"),
    ("Амурская область", "RU-AMU"),
    ("Краснодарский край", "RU-KDA"),
]


def test_unknown_spellings_are_counted():
    _, unknown = compile_plan(
        SIX.replace("Краснодарский край", "Терра инкогнита").encode(), [], TERRITORIES, "t"
    )
    assert unknown == {"Терра инкогнита": 1}


def test_later_ranges_overrule_and_neighbours_join():
    ranges = [Range(0, 99, ("A",)), Range(40, 49, ("B",)), Range(100, 199, ("A",))]
    assert flatten(ranges) == [(0, ("A",)), (40, ("B",)), (50, ("A",)), (200, ())]


def test_keys_of_spellings():
    assert territory_key("Ханты-Мансийский автономный округ - Югра") != territory_key(
        "Ненецкий автономный округ"
    )
    assert territory_key("Республика Алтай") != territory_key("Алтайский край")
    assert gzip.decompress(compile_plan(SIX.encode(), [], TERRITORIES, "2026-08")[0]).startswith(
        b"dealerline-numbering-1 2026-08"
    )
