"""The distribution of an order in Russian. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callcore.distribution.decision import (
    DESK_WORDS,
    STAGE_NAMES,
    Decision,
    empty_words,
    out_words,
    share_words,
)
from callcore.distribution.explain import opens_words
from callcore.distribution.move_orders import Moved
from callcore.distribution.pipeline import Told, is_far
from callcore.distribution.standing import Standing, place_words
from callcore.distribution.why import Run, WhyOrder, WindowView
from web.ui.formats import money, plural

CAUSES = {"accepted": "принял", "declined": "отказался", "withdrawn": "закрыто"}


@dataclass(frozen=True, slots=True)
class StageLine:
    """`opens` and `text` are words; `shares` of a quota."""

    name: str
    opens: str
    text: str
    is_empty: bool
    shares: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DealerLine:
    """`stage` empty for who is out; `opens_at` None for who waits until somebody refuses."""

    org_id: int
    name: str
    points: int
    is_in: bool
    why: str = ""
    stage: str = ""
    opens_at: datetime | None = None
    end: str = ""
    outlet: str = ""


@dataclass(frozen=True, slots=True)
class RunLines:
    run: int
    at: datetime
    policy: str
    lead: str
    stages: tuple[StageLine, ...]
    dealers: tuple[DealerLine, ...]
    elsewhere: str
    refusals: tuple[tuple[datetime, str], ...]


def told_of(why: WhyOrder) -> tuple[RunLines, ...]:
    return tuple(_run(run) for run in why.runs)


def moved(done: Moved) -> str:
    parts = [f"передано: {plural(done.orders, 'заказ', 'заказа', 'заказов')}"]
    if done.withdrawn:
        parts.append(f"снято предложений: {done.withdrawn}")
    if done.left:
        parts.append(f"осталось {done.left}, нажмите ещё раз")
    return ", ".join(parts).capitalize()


def _run(run: Run) -> RunLines:
    decision = run.decision
    number = decision.policy_version
    lead = DESK_WORDS.get(decision.to_desk, "")
    elsewhere = decision.elsewhere
    return RunLines(
        decision.run,
        decision.at,
        f"стратегия{f' «{run.strategy}»' if run.strategy else ''}, версия {number}"
        if number
        else "стратегия по умолчанию",
        f"Ушёл в отдел распределения: {lead}" if lead else "",
        tuple(_stage(decision, told) for told in decision.told),
        tuple(_dealers(run)),
        f"И ещё {plural(elsewhere, 'дилер', 'дилера', 'дилеров')} других регионов" if elsewhere else "",
        tuple(
            (one.at, f"{one.name} {'вернул' if one.was_released else 'отказался'}: {one.reason}")
            for one in run.refusals
        ),
    )


def _stage(decision: Decision, told: Told) -> StageLine:
    name = STAGE_NAMES.get(told.stage, told.stage)
    shares = tuple(
        (decision.name(share.quota.org_id) or f"№ {share.quota.org_id}", share_words(share))
        for share in told.shares
    )
    if told.opens is None:
        return StageLine(name, "", f"пропущена: {empty_words(told)}", True, shares)
    names = ", ".join(decision.name(org_id) or f"№ {org_id}" for org_id in told.members[:6])
    if len(told.members) > 6:
        names += f" и ещё {len(told.members) - 6}"
    return StageLine(name, opens_words(told.opens), names, False, shares)


def _dealers(run: Run) -> Iterable[DealerLine]:
    """In the order of seeing it; then those who are out."""
    points = {one.org_id: one.points for one in run.decision.verdicts}
    outlets = {one.org_id: outlet_words(one) for one in run.decision.outlets}
    for window in run.windows:
        yield DealerLine(
            window.org_id,
            window.name,
            points.get(window.org_id, 0),
            True,
            stage=STAGE_NAMES.get(window.stage, window.stage),
            opens_at=_shown(window, run.decision.at),
            end=CAUSES.get(window.cause, ""),
            outlet=outlets.get(window.org_id, ""),
        )
    seen = {window.org_id for window in run.windows}
    for one in run.decision.verdicts:
        if one.org_id not in seen:
            yield DealerLine(
                one.org_id, one.name, one.points, False, out_words(one) or "ни одна ступень его не назвала"
            )


def outlet_words(one: Standing) -> str:
    """«Салон на Станционной, Бердск, 4,2 км; услуги 5 000 ₽; все позиции»: who is offered an order sells all of it."""
    if one.services_kopecks is None:
        price = "цена услуг по договорённости"
    else:
        price = f"услуги {money(one.services_kopecks)}" if one.services_kopecks else "цена по прайсу"
    return f"{place_words(one)}; {price}; все позиции"


def _shown(window: WindowView, at: datetime) -> datetime | None:
    return None if is_far(window.opens_at, at) else window.opens_at
