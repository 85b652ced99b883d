"""What differs between two versions of a policy, in sentences. Pure."""

from collections.abc import Iterator
from typing import Final

from callcore.network.policy import FixRule, Policy, Quota, QuotaUnit, Stage, StageKind
from callcore.network.policy_check import PolicyFacts
from web.routing.policy_form import dealer_text
from web.routing.words import FIELDS, PERIODS, RINGING, STAGES
from web.ui.formats import NBSP, number

MAX_CHANGES: Final = 12


def changes(before: Policy | None, after: Policy | None, facts: PolicyFacts) -> tuple[str, ...]:
    """At most MAX_CHANGES sentences; `before` None is the first version."""
    if after is None:
        return ("Эту версию прочесть не удалось",)
    if before is None:
        return ("Первая версия",)
    found = list(_whole(before, after))
    found += _stages(before, after, facts)
    if not found:
        return ("Ничего не изменилось",)
    rest = len(found) - MAX_CHANGES
    return (*found[:MAX_CHANGES], f"и ещё изменений: {rest}") if rest > 0 else tuple(found)


def _whole(before: Policy, after: Policy) -> Iterator[str]:
    if before.min_points != after.min_points:
        yield f"Порог для звонков с сайта: {_gate(before.min_points)} → {_gate(after.min_points)}"
    if before.own_order_first != after.own_order_first:
        yield f"Дилер своего заказа первым: {'включено' if after.own_order_first else 'выключено'}"
    if before.to_neighbours != after.to_neighbours:
        yield f"Соседние регионы: {'включены' if after.to_neighbours else 'выключены'}"
    for name, words in FIELDS.items():
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield f"{words[:1].upper()}{words[1:]}: {number(was)} → {number(now)}"


def _stages(before: Policy, after: Policy, facts: PolicyFacts) -> Iterator[str]:
    was = {stage.kind: stage for stage in before.stages}
    now = {stage.kind: stage for stage in after.stages}
    for kind in StageKind:
        if kind in was and kind not in now:
            yield f"Убрана ступень «{STAGES[kind]}»"
        elif kind in now and kind not in was:
            yield f"Добавлена ступень «{STAGES[kind]}»"
    if [kind for kind in was if kind in now] != [kind for kind in now if kind in was]:
        yield f"Порядок ступеней: {' → '.join(STAGES[kind] for kind in now)}"
    for kind in (kind for kind in StageKind if kind in was and kind in now):
        for text in _stage(was[kind], now[kind], facts):
            yield f"«{STAGES[kind]}»: {text}"


def _stage(was: Stage, now: Stage, facts: PolicyFacts) -> Iterator[str]:
    if was.ring_s != now.ring_s:
        yield f"звоним {_seconds(was.ring_s)} → {_seconds(now.ring_s)}"
    if was.ringing is not now.ringing:
        yield f"{RINGING[was.ringing]} → {RINGING[now.ringing]}"
    if was.period is not now.period:
        yield f"период {PERIODS[was.period]} → {PERIODS[now.period]}"
    if was.min_points != now.min_points:
        yield f"порог {number(was.min_points)} → {number(now.min_points)} баллов"
    if was.best != now.best:
        yield f"лучших {_best(was.best)} → {_best(now.best)}"
    yield from _quotas(was.quotas, now.quotas, facts)
    yield from _rules(was.rules, now.rules, facts)


def _quotas(was: tuple[Quota, ...], now: tuple[Quota, ...], facts: PolicyFacts) -> Iterator[str]:
    old, new = {quota.org_id: quota for quota in was}, {quota.org_id: quota for quota in now}
    for org_id in dict.fromkeys((*old, *new)):
        before, after = old.get(org_id), new.get(org_id)
        name = dealer_text(org_id, facts)
        if after is None and before is not None:
            yield f"{name} больше не в долях (было {_share(before)})"
        elif before is None and after is not None:
            yield f"{name} получает {_share(after)}"
        elif before is not None and after is not None and before != after:
            yield f"{name} {_share(before)} → {_share(after)}"


def _rules(was: tuple[FixRule, ...], now: tuple[FixRule, ...], facts: PolicyFacts) -> Iterator[str]:
    gone, come = [rule for rule in was if rule not in now], [rule for rule in now if rule not in was]
    for rule in come:
        yield f"правило добавлено: {_rule(rule, facts)}"
    for rule in gone:
        yield f"правило убрано: {_rule(rule, facts)}"
    if not gone and not come and was != now:
        yield "правила переставлены"


def _rule(rule: FixRule, facts: PolicyFacts) -> str:
    parts = [facts.regions.get(code, code) for code in rule.region_codes]
    parts += [facts.dids.get(did_id, f"номер № {did_id}") for did_id in rule.did_ids]
    return f"{', '.join(parts) or 'любой звонок'} → {dealer_text(rule.org_id, facts)}"


def _share(quota: Quota) -> str:
    return f"{number(quota.limit)}{NBSP}{'%' if quota.unit is QuotaUnit.PERCENT else 'зв.'}"


def _seconds(ring_s: int) -> str:
    return f"{ring_s} с" if ring_s else "как у точки"


def _gate(points: int | None) -> str:
    return "нет" if points is None else f"{number(points)} баллов"


def _best(best: int) -> str:
    return number(best) if best else "без ограничения"
