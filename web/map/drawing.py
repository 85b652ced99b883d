"""The map: each region in its borders, coloured by one measure, with words for who does not see colours. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callcore.calls.counts import RegionCalls
from callcore.network.region_shapes import HEIGHT, WIDTH, Shape, region_shapes
from callcore.routing.region_board import BoardRegion
from web.ui.formats import number, plural

NAMED: Final = 3  # neighbours that are named; the rest are counted


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """One region with its figures of the last 30 days."""

    board: BoardRegion
    calls: int
    answered: int | None  # per cent
    orders: int

    @property
    def code(self) -> str:
        return self.board.region.code

    @property
    def name(self) -> str:
        return self.board.region.name

    @property
    def is_quiet(self) -> bool:
        """Nobody sells there and nobody called: nothing to look at today."""
        return not (self.board.here or self.calls or self.orders)


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` None: nothing to count here. `unit` follows the figure."""

    key: str
    title: str
    value: Callable[[RegionFacts], int | None]
    unit: str = ""


MEASURES: Final = (
    Measure("dealers", "Дилеры", lambda one: len(one.board.here)),
    Measure("outlets", "Точки", lambda one: len(one.board.places)),
    Measure("ready", "Готовы сейчас", lambda one: one.board.ready),
    Measure("calls", "Звонки", lambda one: one.calls),
    Measure("answered", "Отвечено", lambda one: one.answered, "%"),
    Measure("orders", "Заказы", lambda one: one.orders),
)
SHOWS: Final[Mapping[str, tuple[str, Callable[[RegionFacts], bool]]]] = {
    "": ("Все регионы", lambda _: True),
    "bare": ("Без дилеров", lambda one: not one.board.is_served),
    "elsewhere": ("Обслуживают издалека", lambda one: not one.board.here and one.board.is_served),
    "shut": ("Никто не ответит сейчас", lambda one: bool(one.board.here) and not one.board.ready),
    "calls": ("Есть звонки", lambda one: one.calls > 0),
}


@dataclass(frozen=True, slots=True)
class View:
    """`box`: left, top, width and height of what is seen; `small`: a shape below this size has a dot instead of a value."""

    key: str
    title: str
    box: tuple[int, int, int, int]
    small: int


VIEWS: Final = (
    View("", "Вся страна", (-8, -8, WIDTH + 16, HEIGHT), 22),
    View("west", "Запад и Урал", (-8, 112, 470, 392), 12),
)


@dataclass(frozen=True, slots=True)
class Area:
    """A shape to draw; `look` names its classes, `words` say all of it; `has_dot`: too small to hit or to hold its value."""

    shape: Shape
    value: str
    look: str
    words: str
    has_dot: bool


def facts_of(
    board: Sequence[BoardRegion], calls: Mapping[str, RegionCalls], orders: Mapping[str, int]
) -> tuple[RegionFacts, ...]:
    found = []
    for one in board:
        heard = calls.get(one.region.code)
        total, share = (heard.total, heard.share) if heard else (0, None)
        found.append(RegionFacts(one, total, share, orders.get(one.region.code, 0)))
    return tuple(found)


def areas(
    facts: Sequence[RegionFacts], measure: Measure, show: str, view: View, *, is_staff: bool
) -> tuple[Area, ...]:
    """By name, small ones at the end, that is on top. Regions without facts or without a shape are left out."""
    shapes = {one.code: one for one in region_shapes()}
    most = max((measure.value(one) or 0 for one in facts), default=0)
    drawn = [
        _area(shapes[one.code], one, measure, most, show, view, is_staff)
        for one in facts
        if one.code in shapes
    ]
    return tuple(sorted(drawn, key=lambda area: area.has_dot))


def _area(
    shape: Shape, one: RegionFacts, measure: Measure, most: int, show: str, view: View, is_staff: bool
) -> Area:
    value = measure.value(one)
    look = _look(one, measure, value, most, is_staff)
    if not SHOWS[show][1](one):
        look += " area-out"
    shown = "—" if value is None else f"{number(value)}{measure.unit}"
    is_small = min(shape.width, shape.height) < view.small
    return Area(shape, shown, look, in_words(one, is_staff=is_staff), is_small)


def _look(one: RegionFacts, measure: Measure, value: int | None, most: int, is_staff: bool) -> str:
    if is_staff and one.calls and not one.board.is_served:
        return "area-alarm"  # people call from where nobody serves them
    if not value:
        return _look_without(one, is_staff)
    if measure.key == "answered":
        return f"area-{min(4, 1 + value // 26)}"
    return f"area-{max(1, min(4, -(-4 * value // most)))}"


def _look_without(one: RegionFacts, is_staff: bool) -> str:
    """Who takes its calls: its own dealers, others from elsewhere, neighbours, nobody."""
    if one.board.is_served:
        return "area-0" if one.board.here else "area-far"
    return "area-near" if is_staff and one.board.neighbours else "area-none"


def in_words(one: RegionFacts, *, is_staff: bool) -> str:
    """«Свердловская область: 2 дилера, 3 точки, готовы сейчас 2; 41 звонок за 30 дней, отвечено 93 %; 12 заказов»."""
    board = one.board
    parts = [
        plural(len(board.here), "дилер", "дилера", "дилеров"),
        plural(len(board.places), "точка", "точки", "точек"),
        f"готовы сейчас {board.ready}",
    ]
    note = served_by(one) if is_staff else "" if board.here else "вы обслуживаете издалека"
    told = ", ".join([*parts, note] if board.here and note else parts if board.here else [note])
    answered = f", отвечено {one.answered}%" if one.answered is not None else ""
    calls = plural(one.calls, "звонок", "звонка", "звонков")
    orders = plural(one.orders, "заказ", "заказа", "заказов")
    return f"{one.name}: {told}; за 30 дней {calls}{answered}, {orders}"


def served_by(one: RegionFacts) -> str:
    """Who takes the calls of a region that has no dealer of its own; empty when it has one that works."""
    board = one.board
    working = [seller.name for seller in board.from_elsewhere if not seller.is_suspended]
    if any(not seller.is_suspended for seller in board.here):
        return ""
    if working:
        return f"обслуживают издалека: {_some(working)}"
    nobody = "дилер приостановлен" if board.here or board.from_elsewhere else "нет дилера"
    if board.neighbours:
        return f"{nobody}: звонки уйдут соседям ({_some([near.name for near in board.neighbours])})"
    return f"{nobody}: звонки уйдут в головной офис"


def _some(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" и ещё {rest}" if rest > 0 else "")
