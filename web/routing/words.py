"""Policies of distribution in Russian. Pure."""

from collections.abc import Mapping
from typing import Final

from callcore.network.policy import Period, QuotaUnit, Ringing, StageKind
from callcore.network.policy_check import Flaw, Problem
from web.ui.formats import number

STAGES: Final = {
    StageKind.FIX: "Фикс",
    StageKind.QUOTA: "Базовая+",
    StageKind.RATING: "Рейтинг",
    StageKind.BASE: "Базовая",
}
STAGE_HINTS: Final = {
    StageKind.FIX: "Правило называет дилера: его звонки сразу идут ему. Действует первое правило, которое подошло.",
    StageKind.QUOTA: "Первым звоним дилеру, которому по его доле недодали больше всех.",
    StageKind.RATING: "Сначала звоним тем, у кого больше баллов.",
    StageKind.BASE: "Звоним всем дилерам региона, которые сейчас могут ответить.",
}
STAGE_ICONS: Final = {
    StageKind.FIX: "tag",
    StageKind.QUOTA: "percentage",
    StageKind.RATING: "star",
    StageKind.BASE: "users",
}
RINGING: Final = {
    Ringing.IN_ORDER: "по порядку точек",
    Ringing.ALL: "все сразу",
    Ringing.LEAST_RECENT: "сначала кому дольше не звонили",
    Ringing.BY_RATING: "сначала у кого больше баллов",
}
UNITS: Final = {QuotaUnit.PERCENT: "процент", QuotaUnit.QUANTITY: "количество"}
PERIODS: Final = {
    Period.DAY: "сутки",
    Period.WEEK: "неделя (с понедельника)",
    Period.MONTH: "месяц (с первого числа)",
    Period.DAYS_30: "последние 30 дней",
}
PERIODS_NOW: Final = {
    Period.DAY: "сегодня",
    Period.WEEK: "на этой неделе",
    Period.MONTH: "в этом месяце",
    Period.DAYS_30: "за последние 30 дней",
}
FIELDS: Final = {
    "max_outlets": "точек в одном звонке",
    "max_neighbours": "точек соседних регионов",
    "knows_days": "дней помнить последний разговор",
    "points_missed": "баллов за пропущенный звонок",
    "points_declined": "баллов за отклонённый звонок",
    "points_no_callback": "баллов, если не перезвонили",
}
FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.EMPTY: "Назовите стратегию",
    Flaw.TOO_LONG: "Не длиннее {high} знаков",
    Flaw.NO_STAGES: "Добавьте хотя бы одну ступень: без них звонок не дойдёт ни до одного дилера",
    Flaw.STAGE_TWICE: "Такая ступень уже есть выше: оставьте одну",
    Flaw.OUT_OF_RANGE: "От {low} до {high}",
    Flaw.TOO_MANY: "Не больше {high} строк",
    Flaw.NO_ROWS: "Добавьте хотя бы одну строку или уберите ступень",
    Flaw.NO_DEALER: "Выберите дилера",
    Flaw.DEALER_UNKNOWN: "Такого дилера больше нет: выберите другого или уберите строку",
    Flaw.DEALER_TWICE: "Этот дилер уже есть выше: сложите доли в одной строке",
    Flaw.OVER_100: "Сумма долей {high} %, а больше 100 % раздать нельзя: уменьшите одну из них",
    Flaw.REGION_UNKNOWN: "Одного из регионов больше нет: снимите отметку с него",
    Flaw.DID_UNKNOWN: "Один из номеров выключен: снимите отметку с него",
    Flaw.TOP_OF_ALL: "Укажите порог баллов или сколько лучших, иначе в ТОП попадут все",
    Flaw.WINDOW_MISSING: "Укажите, сколько минут заказ видят только они",
    Flaw.CATEGORY_UNKNOWN: "Такой категории в каталоге нет",
    Flaw.ARTICLE_UNKNOWN: "Такого артикула в каталоге нет",
    Flaw.SERVICE_UNKNOWN: "Такой услуги нет",
    Flaw.SUM_RANGE: "Верхняя сумма меньше нижней",
    Flaw.NAME_TAKEN: "Такое имя уже есть: придумайте другое",
    Flaw.FOR_NOTHING: "Назовите регионы или категории: стратегия без условий заменила бы основную",
    Flaw.NOBODY_PASSES: "Столько баллов нет ни у кого (больше всех — {high}): все звонки пойдут в головной офис",
    Flaw.NOBODY_IN_TOP: "Столько баллов нет ни у кого (больше всех — {high}): ступень всегда будет пустой",
    Flaw.BELOW_GATE: "У дилера {low} баллов, а общий порог {high}: доля не дойдёт до него",
    Flaw.DEALER_TAKES_NONE: "Дилер сейчас не берёт звонки с сайта: он приостановлен, выключен «Звонок с сайта» или нет точек",
    Flaw.RULE_UNREACHED: "Правило выше подходит к любому звонку: до этого очередь не дойдёт",
    Flaw.BASE_MISSING: "Без «Базовой» звонок, который не взяли, сразу уйдёт операторам и дежурным",
    Flaw.BASE_NOT_LAST: "После «Базовой» следующим ступеням обычно звонить уже некому: поставьте её последней",
}


def problem_words(problem: Problem) -> str:
    return FLAWS[problem.flaw].format(low=number(problem.low), high=number(problem.high))
