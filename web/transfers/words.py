"""Russian words of handings on. Pure."""

from typing import Final

from callcore.calls.handing import ToKind, TransferKind, TransferMeans, TransferResult
from callcore.calls.transfer_queries import PartyView, TransferView
from web.calls.words import Mark

OPEN: Final = "open"
KINDS: Final = {TransferKind.BLIND: "Сразу", TransferKind.ATTENDED: "С вопросом"}
KIND_HINTS: Final = {
    TransferKind.BLIND: "Перевели, не спрашивая",
    TransferKind.ATTENDED: "Сначала спросили того, кому переводят",
}
MEANS: Final = {
    TransferMeans.PHONE: "кнопкой телефона",
    TransferMeans.KEYS: "набором в разговоре",
    TransferMeans.DESK: "с рабочего стола",
}
TO_KINDS: Final = {
    ToKind.PERSON: "Сотрудник",
    ToKind.OUTLET: "Точка продаж",
    ToKind.DUTY: "Дежурный",
    ToKind.OUTSIDE: "Внешний номер",
    ToKind.UNKNOWN: "Не определён",
}
TO_ICONS: Final = {
    ToKind.PERSON: "user",
    ToKind.OUTLET: "building-store",
    ToKind.DUTY: "bell-ringing",
    ToKind.OUTSIDE: "phone-outgoing",
}
RESULTS: Final = {
    TransferResult.ANSWERED: Mark("Ответили", "ok", "phone-check"),
    TransferResult.RETURNED: Mark("Вернулся", "warn", "arrow-back-up"),
    TransferResult.ABANDONED: Mark("Не дождался", "bad", "phone-off"),
    TransferResult.VOICEMAIL: Mark("Автоответчик", "warn", "record-mail"),
    TransferResult.FAILED: Mark("Не удался", "bad", "circle-x"),
}
HINTS: Final = {
    TransferResult.RETURNED: "Никто не взял трубку, звонок вернулся к своим",
    TransferResult.ABANDONED: "Клиент повесил трубку, пока ждал ответа",
    TransferResult.VOICEMAIL: "Никто не ответил, клиент оставил сообщение",
    TransferResult.FAILED: "АТС не смогла перевести",
}
_GOING_ON: Final = Mark("Идёт сейчас", "live", "phone-ringing")
RESULT_CHOICES: Final = (
    (OPEN, _GOING_ON.text),
    *((value.value, mark.text) for value, mark in RESULTS.items()),
)
TO_KIND_CHOICES: Final = tuple((value.value, text) for value, text in TO_KINDS.items())
KIND_CHOICES: Final = tuple((value.value, text) for value, text in KINDS.items())
STRANGER: Final = "вне вашей сети"
ERRORS: Final = {
    "no-target": "Выберите, кому перевести",
    "bad-number": "Введите российский номер: +7 и десять цифр",
    "no-phone": "У этого получателя нет другого телефона: выберите другого",
    "target-not-found": "Этому получателю перевести нельзя: выберите из списка",
    "pbx-refused": "АТС не приняла перевод: разговор остался у вас. Попробуйте ещё раз",
    "not-talking": "Разговор уже закончился или переведён",
    "asking-already": "Вы уже спрашиваете: соедините или вернитесь к клиенту",
    "not-asking": "Сейчас никого не спрашивают",
}
NO_PBX: Final = "Нет связи с АТС: переведите кнопкой телефона"


def result_mark(result: str) -> Mark:
    """What is empty goes on still."""
    if not result:
        return _GOING_ON
    return (
        RESULTS.get(TransferResult(result), Mark(result, "calm", "circle-minus"))
        if result in RESULTS
        else _GOING_ON
    )


def hint(result: str) -> str:
    return HINTS.get(TransferResult(result), "") if result in HINTS else ""


def kind_words(kind: str) -> str:
    return KINDS.get(TransferKind(kind), kind) if kind in KINDS else kind


def kind_hint(view: TransferView) -> str:
    how = MEANS.get(TransferMeans(view.means), "") if view.means in MEANS else ""
    what = KIND_HINTS.get(TransferKind(view.kind), "") if view.kind in KIND_HINTS else ""
    return f"{what}, {how}" if what and how else what or how


def party(view: PartyView) -> str:
    """A name that is always there: for lists, files, titles."""
    if view.is_stranger:
        return STRANGER
    return view.name or to_kind_words(view.kind)


def to_kind_words(kind: str) -> str:
    return TO_KINDS[ToKind(kind)] if kind in TO_KINDS else "неизвестно"


def to_icon(kind: str) -> str:
    return TO_ICONS.get(ToKind(kind), "phone") if kind in TO_KINDS else "phone"


def chain_words(view: TransferView) -> str:
    return " → ".join(party(one) for one in view.chain)
