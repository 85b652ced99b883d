"""Who sees an order when, as bars of a drawing. Pure. Every stage is drawn as if it had somebody."""

from dataclasses import dataclass
from typing import Final

from callcore.distribution.pipeline import SIDE_BY_SIDE
from callcore.distribution.policy import OrderPolicy, OrderStage
from callcore.network.policy import StageKind
from web.routing.words import STAGES

_SHOWN_MIN: Final = 15  # of what has no end, and of the base


@dataclass(frozen=True, slots=True)
class Bar:
    """Minutes after the order came. An audience goes on seeing the order, so each bar runs to the end."""

    title: str
    note: str
    kind: str
    from_min: int
    when: str


@dataclass(frozen=True, slots=True)
class Drawing:
    bars: tuple[Bar, ...]
    total_min: int


def draw(policy: OrderPolicy) -> Drawing:
    begin, at, is_endless = 0, 0, False
    bars: list[Bar] = []
    for stage in policy.stages:
        is_beside = policy.is_parallel and stage.kind in SIDE_BY_SIDE
        opens = max(at, policy.delay_min) if stage.kind is StageKind.BASE and bars else at
        opens = begin if is_beside else opens
        bars.append(Bar(STAGES[stage.kind], _note(stage), stage.kind.value, opens, _when(opens, is_endless)))
        window = _window(stage, policy)
        is_endless = is_endless or (window is None and stage.kind is not StageKind.BASE)
        at = max(at, opens + (_SHOWN_MIN if window is None else window))
        begin = begin if is_beside else at
    return Drawing(tuple(bars), max(at, 1) + _SHOWN_MIN)


def _window(stage: OrderStage, policy: OrderPolicy) -> int | None:
    if stage.kind is StageKind.BASE:
        return 0
    if stage.window_min is None and stage.kind is StageKind.QUOTA:
        return policy.delay_min
    return stage.window_min


def _when(opens: int, is_endless: bool) -> str:
    if is_endless:
        return "после отказа"
    return "сразу" if opens == 0 else f"через {opens} мин"


def _note(stage: OrderStage) -> str:
    match stage.kind:
        case StageKind.FIX:
            return "дилер из правила"
        case StageKind.QUOTA:
            return "один дилер, кому недодали больше всех"
        case StageKind.RATING:
            best = f"лучшие {stage.best}" if stage.best else "ТОП"
            return f"{best}, от {stage.min_points} баллов"
        case StageKind.BASE:
            return "все подходящие дилеры региона"
