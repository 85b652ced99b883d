"""What a person makes of the lines of an order: checked, compared with what there was. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from callcore.kernel.errors import Invalid
from callcore.kernel.money import line_total_kopecks
from callcore.orders.model import GOODS, MAX_LINES, SERVICE, SERVICES

MAX_QUANTITY_M: Final = 10**9  # a million pieces
MAX_PRICE: Final = Decimal(100_000_000)
MAX_NAME_CHARS: Final = 200
MAX_PARAMS: Final = 20
UNITS: Final = ("шт", "м", "м²", "м³", "кг", "уп", "компл", "усл")
_ARTICLE: Final = re.compile(r"[^\s\x00-\x1f]{0,40}")
_SAME: Final = ("name", "article", "unit", "kind", "quantity_m", "price", "params")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """A line as it shall be. `id` None: a new one. `quantity_m` and `price` None: what was typed is no number."""

    id: int | None = None
    name: str
    quantity_m: int | None
    price: Decimal | None
    article: str = ""
    unit: str = "шт"
    kind: str = GOODS
    service: str = ""
    category: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def total_kopecks(self) -> int:
        """Only of one that was checked."""
        return line_total_kopecks(self.quantity_m or 0, self.price or Decimal())


@dataclass(frozen=True, slots=True)
class LineChange:
    """`what`: added, removed, changed. `before` and `after` hold the values that differ, as words of the timeline."""

    what: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]


def check_drafts(drafts: Sequence[LineDraft]) -> None:
    """Raises Invalid("lines-invalid") with all fields that are wrong: lines.<n>.quantity and so on; or field lines."""
    if len(drafts) > MAX_LINES:
        raise Invalid("lines-invalid", fields={"lines": f"at most {MAX_LINES}"})
    wrong = {
        f"lines.{number}.{name}": code
        for number, draft in enumerate(drafts)
        for name, code in _wrong(draft).items()
    }
    if wrong:
        raise Invalid("lines-invalid", fields=wrong)


def _wrong(draft: LineDraft) -> dict[str, str]:
    quantity, price = draft.quantity_m, draft.price
    checks = {
        "name": 0 < len(draft.name.strip()) <= MAX_NAME_CHARS and draft.name.isprintable(),
        "article": _ARTICLE.fullmatch(draft.article) is not None,
        "unit": draft.unit in UNITS,
        "quantity": quantity is not None and 0 < quantity <= MAX_QUANTITY_M,
        "price": price is not None and 0 <= price <= MAX_PRICE and _has_four_places(price),
        "kind": draft.kind in (GOODS, SERVICE),
        "service": not draft.service or draft.service in SERVICES,
        "params": len(draft.params) <= MAX_PARAMS
        and all(len(name) <= 40 and len(value) <= 80 for name, value in draft.params.items()),
    }
    return {name: "not usable" for name, is_right in checks.items() if not is_right}


def _has_four_places(price: Decimal) -> bool:
    exponent = price.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -4


def changes_between(before: Sequence[LineDraft], after: Sequence[LineDraft]) -> tuple[LineChange, ...]:
    """`before` all have ids. One whose id is not among them counts as new."""
    old = {line.id: line for line in before}
    kept = {line.id for line in after}
    found = [_change(old[line.id], line) if line.id in old else _added(line) for line in after]
    removed = [LineChange("removed", line.name, _words(line), {}) for line in before if line.id not in kept]
    return tuple(change for change in [*found, *removed] if change is not None)


def _added(line: LineDraft) -> LineChange:
    return LineChange("added", line.name, {}, _words(line))


def _change(before: LineDraft, after: LineDraft) -> LineChange | None:
    old, new = _words(before), _words(after)
    names = [name for name in _SAME if old[name] != new[name]]
    if not names:
        return None
    return LineChange(
        "changed", before.name, {name: old[name] for name in names}, {name: new[name] for name in names}
    )


def _words(line: LineDraft) -> dict[str, Any]:
    values = {name: value for name, value in asdict(line).items() if name in _SAME}
    return values | {"price": f"{line.price:.4f}", "params": dict(line.params)}


def params_of(text: str) -> dict[str, str]:
    """«цвет: дуб; длина: 3100 мм» by name; a part without a name is «прочее»."""
    found: dict[str, str] = {}
    for part in re.split(r"[;\n]", text):
        name, colon, value = part.partition(":")
        if not part.strip():
            continue
        key, word = (name, value) if colon else ("прочее", part)
        found[" ".join(key.split())] = " ".join(word.split())
    return found


def params_text(params: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in params.items())
