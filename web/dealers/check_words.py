"""The checklist in words, each line with the page where it can be done. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from callcore.network.checklist import CheckItem, Need

_TITLES: Final = {
    Need.ACTIVE: ("Дилер приостановлен", "Вернуть в работу"),
    Need.CONTACTS: ("Почта и телефон для связи", "Заполнить карточку"),
    Need.LOGO: ("Логотип (по желанию)", "Загрузить"),
    Need.REGION: ("Регион, из которого идут звонки", "Указать регион"),
    Need.OUTLET: ("Хотя бы одна точка продаж", "Добавить точку"),
    Need.HOURS: ("Часы работы точки", "Задать часы"),
    Need.PHONE: ("Телефон, на который звонить", "Добавить телефон"),
    Need.ACCEPTS: ("Точка принимает звонки", "Включить приём"),
    Need.SITE_CALLS: ("Производитель включил «Звонок с сайта»", "Включить"),
    Need.TEST_CALL: ("Проверочный звонок (по желанию)", ""),
}
_ADVICE: Final = {
    Need.ACTIVE: "Вернуть в работу может производитель.",
    Need.REGION: "Регион назначает производитель: напишите ему.",
    Need.SITE_CALLS: "Включает производитель, когда всё остальное готово.",
    Need.TEST_CALL: "Позвоните на номер своего региона с чужого телефона: звонок появится в журнале.",
    Need.HOURS: "Сначала добавьте точку.",
    Need.PHONE: "Сначала добавьте точку.",
    Need.ACCEPTS: "Сначала добавьте точку.",
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """`href` is empty when this person can do nothing about it; then `advice` says who can."""

    title: str
    is_done: bool
    is_required: bool
    href: str
    action: str
    advice: str


def lines(items: Sequence[CheckItem], org_id: int, *, is_head_office: bool) -> tuple[CheckLine, ...]:
    return tuple(_line(item, org_id, is_head_office) for item in items)


def _line(item: CheckItem, org_id: int, is_head_office: bool) -> CheckLine:
    title, action = _TITLES[item.need]
    href = "" if item.is_done else _href(item, org_id, is_head_office)
    advice = "" if item.is_done or href else _ADVICE.get(item.need, "")
    return CheckLine(title, item.is_done, item.is_required, href, action, advice)


def _href(item: CheckItem, org_id: int, is_head_office: bool) -> str:
    dealer, outlet = f"/dealers/{org_id}", f"/outlets/{item.outlet_id}"
    match item.need:
        case Need.CONTACTS | Need.LOGO:
            return f"{dealer}/edit"
        case Need.REGION:
            return f"{dealer}/edit" if is_head_office else ""
        case Need.OUTLET:
            return f"{dealer}/outlets/new"
        case Need.HOURS | Need.ACCEPTS:
            return outlet if item.outlet_id else ""
        case Need.PHONE:
            return f"{outlet}/phones/new" if item.outlet_id else ""
        case Need.SITE_CALLS | Need.ACTIVE:
            return dealer if is_head_office else ""
        case _:
            return ""
