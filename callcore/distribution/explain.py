"""«Почему этот дилер» as text for a terminal and as JSON. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callcore.distribution.decision import (
    DESK_WORDS,
    STAGE_NAMES,
    Decision,
    decision_to_json,
    empty_words,
    out_words,
    share_words,
)
from callcore.distribution.pipeline import ENDLESS, Told, is_far
from callcore.distribution.standing import place_words
from callcore.distribution.why import Run, WhyOrder

_CAUSES = {"accepted": "принял", "declined": "отказался", "withdrawn": "закрыто"}


def to_json(why: WhyOrder) -> dict[str, Any]:
    return {
        "number": why.number,
        "dealer": why.org_name,
        "region": why.region_name,
        "runs": [_run_json(run) for run in why.runs],
    }


def to_text(why: WhyOrder) -> str:
    lines = [f"Заказ № {why.number}, {why.region_name or 'регион не указан'}: {why.org_name or 'ни у кого'}"]
    if not why.runs:
        lines.append("Не распределялся: передан сразу или ждёт подтверждения клиента.")
    for run in why.runs:
        lines += ["", *_run_lines(run, why.tz)]
    return "\n".join(lines)


def opens_words(after: timedelta) -> str:
    if after >= ENDLESS:
        return "после отказа"
    minutes = int(after.total_seconds() // 60)
    return f"через {minutes} мин" if minutes else "сразу"


def _run_json(run: Run) -> dict[str, Any]:
    decision = run.decision
    return {
        "run": decision.run,
        "at": decision.at.isoformat(),
        "policy_id": decision.policy_id,
        "policy_version": decision.policy_version,
        **decision_to_json(decision),
        "windows": [
            {
                "org_id": one.org_id,
                "stage": one.stage,
                "opens_at": None if is_far(one.opens_at, decision.at) else one.opens_at.isoformat(),
                "closed_at": one.closed_at.isoformat() if one.closed_at else None,
                "cause": one.cause,
            }
            for one in run.windows
        ],
    }


def _run_lines(run: Run, tz: str) -> Iterator[str]:
    decision = run.decision
    version = f"версия {decision.policy_version}" if decision.policy_version else "по умолчанию"
    name = f"«{run.strategy}», " if run.strategy else ""
    yield f"Распределение {decision.run}, {_moment(decision.at, tz)}, стратегия {name}{version}"
    if decision.to_desk:
        yield f"  В отдел распределения: {DESK_WORDS[decision.to_desk]}"
    for told in decision.told:
        yield f"  {_stage_words(decision, told)}"
        yield from (f"      {decision.name(one.quota.org_id)}, {share_words(one)}" for one in told.shares)
    outlets = {one.org_id: f" ({place_words(one)})" for one in decision.outlets}
    for window in run.windows:
        waits = is_far(window.opens_at, decision.at)
        opens = "после отказа других" if waits else f"с {_moment(window.opens_at, tz)}"
        end = f", {_CAUSES[window.cause]}" if window.cause in _CAUSES else ""
        yield f"  + {window.name}{outlets.get(window.org_id, '')}: {opens}, {STAGE_NAMES.get(window.stage, window.stage)}{end}"
    seen = {window.org_id for window in run.windows}
    for one in decision.verdicts:
        if one.org_id not in seen:
            yield f"  - {one.name}: {out_words(one) or 'ни одна ступень его не назвала'}"
    if decision.elsewhere:
        yield f"  И ещё дилеров других регионов: {decision.elsewhere}"
    for refusal in run.refusals:
        verb = "вернул" if refusal.was_released else "отказался"
        yield f"  {_moment(refusal.at, tz)} {refusal.name} {verb}: {refusal.reason}"


def _stage_words(decision: Decision, told: Told) -> str:
    name = STAGE_NAMES.get(told.stage, told.stage)
    if told.opens is None:
        return f"{name}: пропущена, {empty_words(told)}"
    return f"{name}, {opens_words(told.opens)}: {', '.join(map(decision.name, told.members))}"


def _moment(at: datetime, tz: str) -> str:
    return f"{at.astimezone(ZoneInfo(tz)):%d.%m.%Y %H:%M}"
