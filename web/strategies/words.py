"""Distribution of orders in Russian. Pure."""

from collections.abc import Mapping
from typing import Final

from callcore.network.policy import StageKind
from callcore.network.policy_check import Flaw, Problem
from web.routing.words import FLAWS
from web.ui.formats import number

STAGE_HINTS: Final = {
    StageKind.FIX: "Правило называет дилера: заказ сначала видит только он. Действует первое правило, которое подошло.",
    StageKind.QUOTA: "Первым заказ видит один дилер: тот, кому по его доле недодали больше всех.",
    StageKind.RATING: "Потом заказ видят дилеры с лучшими баллами.",
    StageKind.BASE: "Заказ видят все подходящие дилеры региона; кто первый принял, того и заказ.",
}
# where a call and an order differ
_FLAWS: Final[Mapping[Flaw, str]] = {
    **FLAWS,
    Flaw.NO_STAGES: "Добавьте хотя бы одну ступень: без них заказ не увидит ни один дилер",
    Flaw.NOBODY_PASSES: "Столько баллов нет ни у кого (больше всех — {high}): все заказы пойдут в отдел распределения",
    Flaw.DEALER_TAKES_NONE: "Дилер сейчас не получает заказы с сайта: приостановлен, не авторизован или выключен в карточке",
    Flaw.RULE_UNREACHED: "Правило выше подходит к любому заказу: до этого очередь не дойдёт",
    Flaw.BASE_MISSING: "Без «Базовой» заказ, который не взяли, уйдёт в отдел распределения",
    Flaw.EMPTY: "Назовите стратегию: имя увидят в карточке заказа",
    Flaw.BASE_NOT_LAST: "После «Базовой» следующим ступеням обычно показывать уже некому: поставьте её последней",
}


def problem_words(problem: Problem) -> str:
    return _FLAWS[problem.flaw].format(low=number(problem.low), high=number(problem.high))
