"""What a run of the distribution decided and why: kept with the order as JSON, told to people in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from callcore.distribution.candidates import Out, Verdict
from callcore.distribution.pipeline import Told, Word
from callcore.distribution.standing import Standing, standings_from_json, standings_to_json
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.orders.model import SERVICES
from callcore.routing.model import Empty
from callcore.routing.ranking import Share


class ToDesk(StrEnum):
    """Why an order went to whoever distributes by hand. Stored: never renamed."""

    NONE = ""
    NOBODY = "nobody"
    NO_REGION = "no-region"
    INSTALLATION = "installation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`elsewhere`: so many dealers of other regions were not looked at one by one. `policy_version` 0: the built-in."""

    run: int
    at: datetime
    policy_id: int
    policy_version: int
    region_code: str
    verdicts: tuple[Verdict, ...]
    elsewhere: int
    told: tuple[Told, ...]
    to_desk: ToDesk = ToDesk.NONE
    outlets: tuple[Standing, ...] = ()

    def name(self, org_id: int | None) -> str:
        return next((one.name for one in self.verdicts if one.org_id == org_id), "")


STAGE_NAMES: Final = {
    StageKind.FIX.value: "Фикс",
    StageKind.QUOTA.value: "Базовая+",
    StageKind.RATING.value: "Рейтинг",
    StageKind.BASE.value: "Базовая",
    Word.OWN.value: "Заказ с сайта дилера",
    Word.CLAIM.value: "Клиент закреплён за дилером",
    Word.EVERYONE.value: "Всем дилерам сети",
    Word.DESK.value: "Отдел распределения",
}
_OUT: Final = {
    Out.SUSPENDED: "приостановлен",
    Out.NOT_AUTHORISED: "не авторизован",
    Out.NO_SITE_ORDERS: "не берёт заказы с сайта производителя",
    Out.OWN_ONLY: "видит только свои заказы",
    Out.OTHER_REGION: "не обслуживает регион заказа",
    Out.NO_ARTICLE: "нет артикула {what}",
    Out.NO_SERVICE: "не оказывает: {what}",
    Out.BELOW_GATE: "мало баллов: {what}",
    Out.DECLINED: "отказался от этого заказа",
    Out.AT_CAPACITY: "открытых заказов уже {what}",
    Out.DESK: "это отдел распределения",
}
_EMPTY: Final = {
    Empty.NO_RULE: "ни одно правило не подошло",
    Empty.FILLED: "доли розданы: никому не должны и половины заказа",
    Empty.BELOW_TOP: "ни у кого из кандидатов нет столько баллов",
    Empty.NOBODY_ABLE: "названный дилер не может взять этот заказ",
    Empty.TRIED: "все уже видят заказ",
    Empty.NO_ROOM: "все кандидаты уже видят заказ",
}
DESK_WORDS: Final = {
    ToDesk.NOBODY: "подходящих дилеров нет",
    ToDesk.NO_REGION: "регион заказа не указан",
    ToDesk.INSTALLATION: "нужен монтаж, а подходящего дилера нет",
}


def out_words(verdict: Verdict) -> str:
    what = verdict.what
    if verdict.out is Out.NO_SERVICE:
        what = ", ".join(SERVICES.get(code, code).lower() for code in what.split(", "))
    elif verdict.out in (Out.BELOW_GATE, Out.AT_CAPACITY):
        what = what.replace("/", " из ")
    return _OUT.get(verdict.out, "").format(what=what)


def empty_words(told: Told) -> str:
    return _EMPTY.get(told.empty, "")


def share_words(share: Share) -> str:
    """«положено 2,4, роздано 2»: this order counted."""
    due = (share.owed + share.given * 100) / 100
    unit = "%" if share.quota.unit is QuotaUnit.PERCENT else "шт."
    return f"{share.quota.limit} {unit}: положено {due:g}, роздано {share.given}".replace(".", ",", 1)


def decision_to_json(decision: Decision) -> dict[str, Any]:
    return {
        "region": decision.region_code,
        "elsewhere": decision.elsewhere,
        "to_desk": decision.to_desk.value,
        "dealers": [
            {"id": one.org_id, "name": one.name, "points": one.points, "out": one.out.value, "what": one.what}
            for one in decision.verdicts
        ],
        "stages": [_told_to_json(one) for one in decision.told],
        "outlets": standings_to_json(decision.outlets),
    }


def decision_from_json(
    body: Mapping[str, Any], *, run: int, at: datetime, policy_id: int, policy_version: int
) -> Decision:
    """Raises ValueError for anything that `decision_to_json` did not write."""
    try:
        return Decision(
            run=run,
            at=at,
            policy_id=policy_id,
            policy_version=policy_version,
            region_code=body["region"],
            verdicts=tuple(
                Verdict(one["id"], one["name"], one["points"], Out(one["out"]), one["what"])
                for one in body["dealers"]
            ),
            elsewhere=body["elsewhere"],
            told=tuple(_told(one) for one in body["stages"]),
            to_desk=ToDesk(body["to_desk"]),
            outlets=standings_from_json(body),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a decision: {error!r}") from error


def _told_to_json(told: Told) -> dict[str, Any]:
    return {
        "stage": str(told.stage),
        "members": list(told.members),
        "opens_s": None if told.opens is None else int(told.opens.total_seconds()),
        "window_s": None if told.window is None else int(told.window.total_seconds()),
        "empty": told.empty.value,
        "org_id": told.org_id,
        "shares": [
            [share.quota.org_id, share.quota.unit.value, share.quota.limit, share.given, share.owed]
            for share in told.shares
        ],
    }


def _told(body: Mapping[str, Any]) -> Told:
    return Told(
        body["stage"],
        tuple(body["members"]),
        _seconds(body["opens_s"]),
        _seconds(body["window_s"]),
        Empty(body["empty"]),
        body["org_id"],
        tuple(
            Share(Quota(org_id, QuotaUnit(unit), limit), given, owed)
            for org_id, unit, limit, given, owed in body["shares"]
        ),
    )


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)
