"""A decision as JSON for the journal, and as Russian sentences for people. Pure.

Words for reason codes stand in one table each; a code that an older row holds and this version no longer knows is a
ValueError in `from_json`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from callcore.kernel.phones import format_phone
from callcore.routing.model import (
    Considered,
    Decision,
    Explanation,
    Plan,
    Reason,
    RegionSource,
    RouteKind,
    RouteWarning,
    Step,
)
from callcore.routing.opening import Why
from dialplans.contract import StepKind

REASON_WORDS = {
    Reason.TAKEN: "принимает звонок",
    Reason.CLOSED: "закрыто: {hours}, там сейчас {local}",
    Reason.NOT_ACCEPTING: "не принимает звонки (выключено в карточке точки)",
    Reason.ORG_SUSPENDED: "работа организации «{org}» или её дилера приостановлена",
    Reason.NO_SITE_CALLS: "у «{org}» выключен «Звонок с сайта»",
    Reason.NO_PHONES: "нет ни одного включённого телефона",
    Reason.HOURS_UNREADABLE: "часы работы или часовой пояс записаны с ошибкой",
    Reason.OVER_LIMIT: "уже набрано наибольшее число попыток",
    Reason.UNREACHABLE: "телефон не на связи",
    Reason.BUSY: "все линии заняты",
    Reason.AT_CAPACITY: "уже столько разговоров, сколько точка принимает сразу",
    Reason.PAUSED: "на паузе{pause}",
    Reason.OFF_HOURS: "не рабочие часы сотрудника",
    Reason.BELOW_GATE: "баллов {points}, а нужно не меньше {gate}",
    Reason.NOT_AUTHORISED: "«{org}» не авторизован",
    Reason.DEALER_TRIED: "дилеру уже звонят раньше",
    Reason.NOT_CHOSEN: "не попал ни в один этап распределения",
}
ROUTE_WORDS = {
    RouteKind.OPERATORS: "номер операторов головного офиса",
    RouteKind.DEALER: "номер дилера «{org}»",
    RouteKind.REGION: "номер головного сайта, звонок идёт по региону",
    RouteKind.HEAD_OFFICE: "дилер и регион неизвестны, звонок идёт в головной офис",
}
REGION_WORDS = {
    RegionSource.DID: "по набранному номеру",
    RegionSource.CALLER: "по номеру звонящего",
    RegionSource.NONE: "не определён",
}
WARNING_WORDS = {
    RouteWarning.UNKNOWN_DID: "набранный номер нам не известен, добавьте его в список номеров",
    RouteWarning.NO_TARGETS: "звонить некому: нет ни открытых точек, ни операторов, ни дежурных",
}
STEP_WORDS = {StepKind.OUTLET: "", StepKind.OPERATORS: "Операторы головного офиса", StepKind.DUTY: "Дежурный"}
MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
DAY_WORDS = {"mon": "пн", "tue": "вт", "wed": "ср", "thu": "чт", "fri": "пт", "sat": "сб", "sun": "вс"}


def to_text(decision: Decision) -> str:
    """Several lines, no line break at the end. Instants in UTC; local times where the outlet stands."""
    why = decision.explanation
    lines = [_number_line(why), _region_line(why)]
    if decision.warning:
        lines.append(f"Внимание: {WARNING_WORDS[RouteWarning(decision.warning)]}.")
    lines.append("Кого рассмотрели:")
    lines += [f"  {considered_text(item)}" for item in why.considered]
    lines += [f"  и ещё {count}: {_reason_words(reason, {})}" for reason, count in why.omitted]
    lines.append("Порядок дозвона:")
    lines += [f"  {number}. {step_text(step)}" for number, step in enumerate(decision.plan.steps, start=1)]
    if not decision.plan.steps:
        lines.append("  никого")
    made_at = why.snapshot_made_at.strftime("%d.%m.%Y %H:%M:%S")
    lines.append(f"Сеть: снимок № {why.snapshot_version} от {made_at} UTC.")
    return "\n".join(lines)


def considered_text(item: Considered) -> str:
    """One candidate: a plus or a minus, who, why."""
    who = item.label if item.outlet_id is not None else STEP_WORDS[StepKind.OPERATORS]
    sign = "+" if item.reason is Reason.TAKEN else "−"
    return f"{sign} {who} — {_reason_words(item.reason, dict(item.data))}"


def step_text(step: Step) -> str:
    """One step: who is rung, on how many phones, for how long."""
    who = ": ".join(part for part in (STEP_WORDS[step.kind], step.label) if part)
    return f"{who} — телефонов: {len(step.phone_keys)}, звоним {step.ring_s} с"


def _number_line(why: Explanation) -> str:
    number = format_phone(why.did_number) if why.did_number else why.did_dialled or "номер не передан"
    label = f" «{why.did_label}»" if why.did_label else ""
    return f"Набран {number}{label}: {ROUTE_WORDS[why.route].format(org=why.route_org)}."


def _region_line(why: Explanation) -> str:
    if why.region_code is None:
        return f"Регион {REGION_WORDS[RegionSource.NONE]}."
    also = f"; номер может быть и отсюда: {', '.join(why.region_also)}" if why.region_also else ""
    return f"Регион: {why.region_name} ({REGION_WORDS[why.region_source]}{also})."


def special_words(is_open: bool, data: Mapping[str, str]) -> str:
    """Why it is open or closed when it is not the week that says so: «закрыто: праздник 8 марта»; empty otherwise."""
    state, title = "открыто" if is_open else "закрыто", data.get("title", "")
    reason = f": {title}" if title else ""
    match data.get("why", ""):
        case Why.OVERRIDE:
            return f"{state} до {data.get('until', '')}{reason}"
        case Why.EXCEPTION:
            return f"{state} по исключению {_day_words(data)}{reason}"
        case Why.WORKDAY:
            return f"{state}: рабочий день {_day_words(data)}"
        case Why.HOLIDAY if "выходной" in title.lower():
            return f"{state}: {title[:1].lower()}{title[1:]}"
        case Why.HOLIDAY:
            name = f" ({title})" if title else ""
            return f"{state}: праздник {_day_words(data)}{name}"
        case _:
            return ""


def _day_words(data: Mapping[str, str]) -> str:
    day = date.fromisoformat(data.get("on", ""))
    return f"{day.day} {MONTHS[day.month - 1]}"


def _reason_words(reason: Reason, data: dict[str, str]) -> str:
    special = special_words(reason is Reason.TAKEN, data) if "why" in data else ""
    if reason is Reason.TAKEN and special:
        return f"{REASON_WORDS[reason]}, {special}"
    if reason is Reason.CLOSED:
        if not data:
            return "закрыто"
        if special:
            return f"{special}, там сейчас {data.get('local', '')}"
        day = DAY_WORDS.get(data.get("day", ""), "")
        hours = f"{day} {data['hours']}" if data.get("hours") else f"{day} выходной"
        data = {**data, "hours": hours}
    return REASON_WORDS[reason].format_map({"org": "", "hours": "", "local": "", **data})


# --- JSON ----------------------------------------------------------------------------------------------------


def to_json(decision: Decision) -> dict[str, Any]:
    """JSON-ready: only objects, lists, strings, numbers, nulls. Holds no digit of the caller."""
    why = decision.explanation
    return {
        "did_id": decision.did_id,
        "region_code": decision.region_code,
        "source": decision.source,
        "warning": str(decision.warning),
        "whisper_sound": decision.plan.whisper_sound,
        "greeting_sound": decision.plan.greeting_sound,
        "steps": [_step_json(step) for step in decision.plan.steps],
        "snapshot_version": why.snapshot_version,
        "snapshot_made_at": why.snapshot_made_at.isoformat(),
        "at": why.at.isoformat(),
        "did_dialled": why.did_dialled,
        "did_number": why.did_number,
        "did_label": why.did_label,
        "route": str(why.route),
        "route_org": why.route_org,
        "region_name": why.region_name,
        "region_source": str(why.region_source),
        "region_also": list(why.region_also),
        "considered": [_considered_json(item) for item in why.considered],
        "omitted": [[str(reason), count] for reason, count in why.omitted],
    }


def from_json(data: dict[str, Any]) -> Decision:
    """The inverse of `to_json`. Raises ValueError for anything that it did not write."""
    try:
        return _from_json(data)
    except (KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"not an explanation: {exc!r}") from exc


def _from_json(data: dict[str, Any]) -> Decision:
    explanation = Explanation(
        snapshot_version=data["snapshot_version"],
        snapshot_made_at=_instant(data["snapshot_made_at"]),
        at=_instant(data["at"]),
        did_dialled=data["did_dialled"],
        did_number=data["did_number"],
        did_label=data["did_label"],
        route=RouteKind(data["route"]),
        route_org=data["route_org"],
        region_code=data["region_code"],
        region_name=data["region_name"],
        region_source=RegionSource(data["region_source"]),
        region_also=tuple(data["region_also"]),
        considered=tuple(_considered_from(item) for item in data["considered"]),
        omitted=tuple((Reason(reason), count) for reason, count in data["omitted"]),
    )
    steps = tuple(_step_from(item) for item in data["steps"])
    return Decision(
        plan=Plan(steps, data["whisper_sound"], data["greeting_sound"]),
        explanation=explanation,
        did_id=data["did_id"],
        region_code=data["region_code"],
        source=data["source"],
        warning=RouteWarning(data["warning"]),
    )


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "kind": str(step.kind),
        "phone_keys": list(step.phone_keys),
        "ring_s": step.ring_s,
        "outlet_id": step.outlet_id,
        "org_id": step.org_id,
        "label": step.label,
    }


def _step_from(data: dict[str, Any]) -> Step:
    return Step(**{**data, "kind": StepKind(data["kind"]), "phone_keys": tuple(data["phone_keys"])})


def _considered_json(item: Considered) -> dict[str, Any]:
    return {
        "outlet_id": item.outlet_id,
        "org_id": item.org_id,
        "label": item.label,
        "reason": str(item.reason),
        "data": [list(pair) for pair in item.data],
    }


def _considered_from(data: dict[str, Any]) -> Considered:
    pairs = tuple((name, value) for name, value in data["data"])
    return Considered(**{**data, "reason": Reason(data["reason"]), "data": pairs})


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"not an instant: {text!r}")
    return instant
