"""What is known of a number: kind, country, operator, regions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcore.kernel.phone_kinds import NumberKind, country_code, country_name, kind_of
from callcore.kernel.phones import parse_phone
from callcore.routing.numbering import NumberingPlan, Operators

HOME = "RU"


@dataclass(frozen=True, slots=True)
class RegionName:
    """A subject of the federation; `tz` is its main IANA zone."""

    code: str
    name: str
    tz: str


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """`country` is empty for a number of this country; `operator` is who was allotted it first: portability is not in the
    open data."""

    e164: str
    extension: str
    kind: NumberKind
    country: str
    operator: str
    regions: tuple[RegionName, ...]


def look_up(
    text: str, plan: NumberingPlan, operators: Operators, regions: Mapping[str, RegionName]
) -> NumberFacts | None:
    """None when the text is no possible number."""
    number = parse_phone(text)
    if number is None:
        return None
    is_ours = country_code(number.e164) == HOME
    codes = plan.regions_of(number.e164) if is_ours else ()
    return NumberFacts(
        e164=number.e164,
        extension=number.extension,
        kind=kind_of(number.e164),
        country="" if is_ours else country_name(number.e164) or "неизвестная страна",
        operator=operators.operator_of(int(number.digits[1:])) if is_ours else "",
        regions=tuple(regions.get(code, RegionName(code, code, "")) for code in codes),
    )
