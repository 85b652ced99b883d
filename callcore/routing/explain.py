"""A decision as Russian sentences for people. Pure. Words for reason codes stand in one table each."""

from collections.abc import Mapping
from datetime import date

from callcore.kernel.phones import format_phone
from callcore.network.policy import QuotaUnit
from callcore.routing.live import TieKind
from callcore.routing.model import (
    Considered,
    Decision,
    Empty,
    Explanation,
    QuotaTold,
    Reason,
    RegionSource,
    RouteKind,
    RouteWarning,
    StageTold,
    Step,
    StepStage,
    TieTold,
)
from callcore.routing.opening import Why
from callcore.routing.stored import from_json as from_json  # noqa: PLC0414 - the same door for both
from callcore.routing.stored import to_json as to_json  # noqa: PLC0414
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
STAGE_WORDS = {
    StepStage.NONE: "",
    StepStage.PERSONAL: "Личный выбор",
    StepStage.FIX: "Фикс",
    StepStage.QUOTA: "Базовая+",
    StepStage.RATING: "Рейтинг",
    StepStage.BASE: "Базовая",
    StepStage.NEIGHBOUR: "Соседние регионы",
    StepStage.OPERATORS: "Головной офис",
    StepStage.DUTY: "Дежурные",
}
EMPTY_WORDS = {
    Empty.NONE: "",
    Empty.NO_RULE: "для этого звонка правила нет",
    Empty.FILLED: "никому из дилеров квот звонок сейчас не причитается",
    Empty.OWN_NUMBER: "звонки на номер дилера по квотам не делятся",
    Empty.BELOW_TOP: "нет дилера с нужными баллами, который может принять звонок",
    Empty.NOBODY_ABLE: "принять звонок сейчас некому",
    Empty.TRIED: "этим дилерам уже звоним раньше",
    Empty.NO_ROOM: "уже набрано наибольшее число попыток",
}
TIE_WORDS = {
    TieKind.OWN_ORDER: "Заказ этого клиента у «{org}»",
    TieKind.MASKED: "С этого номера клиенту звонил «{org}»",
    TieKind.LAST_TALK: "Последним с этим клиентом говорил «{org}»",
}
STEP_WORDS = {StepKind.OUTLET: "", StepKind.OPERATORS: "Операторы головного офиса", StepKind.DUTY: "Дежурный"}
MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
_NO_DATA = {"org": "", "hours": "", "local": "", "points": "", "gate": "", "pause": ""}
DAY_WORDS = {"mon": "пн", "tue": "вт", "wed": "ср", "thu": "чт", "fri": "пт", "sat": "сб", "sun": "вс"}


def to_text(decision: Decision) -> str:
    """Several lines, no line break at the end. Instants in UTC; local times where the outlet stands."""
    why = decision.explanation
    lines = [_number_line(why), _region_line(why)]
    if decision.warning:
        lines.append(f"Внимание: {WARNING_WORDS[RouteWarning(decision.warning)]}.")
    lines += policy_lines(why)
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


def policy_lines(why: Explanation) -> list[str]:
    """The policy, who knows the caller, and each stage with whom it named or why nobody; nothing for older decisions
    and for calls that no dealer was to get."""
    lines = []
    if why.stages or why.tie is not None:
        version = f", версия {why.policy_version}" if why.policy_version else ""
        gate = f"; дилеру нужно не меньше {why.gate} баллов" if why.gate is not None else ""
        lines.append(f"Распределение «{why.policy_name}»{version}{gate}.")
    if why.tie is not None:
        lines.append(_tie_line(why.tie))
    if why.stages:
        lines.append("Этапы:")
        lines += [f"  {STAGE_WORDS[stage.stage]}: {stage_text(stage)}" for stage in why.stages]
    return lines


def _tie_line(tie: TieTold) -> str:
    then = "звоним ему первым" if tie.is_used else "принять звонок сейчас он не может"
    return f"{TIE_WORDS[tie.kind].format(org=tie.org_name)}: {then}."


def stage_text(stage: StageTold) -> str:
    """Whom it named, in the order of trying, or why nobody; the numbers that decided."""
    who = ", ".join(f"«{name}»" for name in stage.org_names)
    if not who:
        named = f"«{stage.org_name}»: " if stage.org_name else ""
        who = f"никто — {named}{EMPTY_WORDS[stage.empty]}"
    if stage.quotas:
        numbers = "; ".join(map(_quota_text, stage.quotas))
        return f"{who} (звонков за период с этим {stage.counted}; {numbers})"
    if stage.stage is StepStage.RATING:
        best = f", лучшие {stage.best}" if stage.best else ""
        return f"{who} (от {stage.min_points} баллов{best})"
    return who


def _quota_text(quota: QuotaTold) -> str:
    limit = f"{quota.limit} %" if quota.unit is QuotaUnit.PERCENT else f"{quota.limit} зв."
    return f"«{quota.org_name}» — {limit}, отдано {quota.given}, причитается {quota.deficit:+.2f}"


def considered_text(item: Considered) -> str:
    """One candidate: a plus or a minus, who, why."""
    who = item.label if item.outlet_id is not None else STEP_WORDS[StepKind.OPERATORS]
    sign = "+" if item.reason is Reason.TAKEN else "−"
    return f"{sign} {who} — {_reason_words(item.reason, dict(item.data))}"


def step_text(step: Step) -> str:
    """One step: who is rung, on how many phones, for how long."""
    who = ": ".join(part for part in (STEP_WORDS[step.kind], step.label) if part)
    wait = f", ждём очереди до {step.wait_s} с" if step.wait_s else ""
    stage = STAGE_WORDS[step.stage] if step.kind is StepKind.OUTLET else ""
    return (
        f"{who} — телефонов: {len(step.phone_keys)}, звоним {step.ring_s} с{wait}"
        f"{f' ({stage})' if stage else ''}"
    )


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
    if reason is Reason.PAUSED:
        data = {"pause": f": {data['pause']}" if data.get("pause") else ""}
    return REASON_WORDS[reason].format_map({**_NO_DATA, **data})
