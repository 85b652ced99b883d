"""Words of the page of leads. Pure."""

from typing import Final

from callcore.intake.leads.lead_queries import Refusal, RunView
from callcore.intake.leads.model import RunState, Trouble
from web.intake.words import field_words
from web.ui.formats import plural

TROUBLES: Final = {
    Trouble.UNREACHABLE: "База не отвечает по этому адресу. Проверьте адрес и работает ли она",
    Trouble.NO_ANSWER: "База не ответила вовремя. Попробуйте позже",
    Trouble.TLS: "У адреса неверный сертификат, соединение небезопасно. Исправить его может владелец базы",
    Trouble.SIGN_IN: "База не пускает: проверьте пользователя и введите секрет заново",
    Trouble.NOT_FOUND: "По этому адресу нет списка лидов. Проверьте адрес до последней части, без «/leads»",
    Trouble.REDIRECT: "База отправляет на другой адрес, а секрет туда не посылается. Впишите конечный адрес",
    Trouble.BUSY: "База занята и просит подождать",
    Trouble.FAILING: "Ошибка на стороне базы. Сообщите её владельцу",
    Trouble.STRANGE: "База ответила не так, как в договоре об обмене. Проверьте адрес",
    Trouble.TOO_BIG: "Ответ базы больше 2 МБ. Такие ответы не читаются: нужны страницы поменьше",
    Trouble.GARBAGE: "Ответ базы не читается: это не список лидов по договору об обмене",
    Trouble.STUCK: "База второй раз отдаёт ту же страницу. Сообщите её владельцу",
    Trouble.SECRET: "Сохранённый секрет не прочитать: ключ шифрования сменился. Введите секрет заново",
    Trouble.OURS: "Ошибка на нашей стороне, подробности в журнале программы. Ничего не потеряно: повторите позже",
}
STATES: Final = {
    RunState.RUNNING: ("идёт", "live", "refresh"),
    RunState.DONE: ("готово", "ok", ""),
    RunState.FAILED: ("не вышло", "bad", ""),
    RunState.CUT: ("прервана", "warn", ""),
}
WRONG: Final = {
    ("address", "empty"): "Впишите адрес",
    ("address", "not-web"): "Адрес начинается с https:// или http://",
    ("address", "with-more"): "Только адрес: без пользователя, знаков ? и #",
    ("address", "not-an-address"): "Это не похоже на адрес. Например, https://leads.example.ru/api/leadgen",
    ("address", "too-long"): "Не длиннее 300 знаков",
    ("login", "empty"): "Впишите пользователя",
    ("login", "not-login"): "До 120 знаков, без двоеточия",
    ("secret", "empty"): "Введите секрет",
    ("secret", "needed-again"): "Сервер или пользователь другие: введите секрет для них",
    ("secret", "not-secret"): "До 500 знаков в одну строку",
    ("every_minutes", "not-number"): "Введите целое число",
    ("every_minutes", "out-of-bounds"): "От 1 до 1440 минут",
    ("source", "empty"): "Впишите источник",
    ("source", "too-long"): "Не длиннее 64 знаков",
    ("site_org_id", "not-listed"): "Выберите из списка",
}
_LEAD: Final = {
    "row": {"not-a-lead": "это не лид", "ours": "ошибка на нашей стороне, подробности в журнале программы"},
    "external_id": {"empty": "нет номера лида", "too-long": "номер лида длиннее 120 знаков"},
}


def trouble_words(code: str) -> str:
    return TROUBLES.get(Trouble(code), "") if code in set(Trouble) else ""


def wrong_words(name: str, code: str) -> str:
    return WRONG.get((name, code), "Проверьте это поле")


def refusal_words(refusal: Refusal) -> str:
    """Why this lead is no order, in one line."""
    own = [words for name, code in refusal.wrong.items() if (words := _LEAD.get(name, {}).get(code))]
    rest = {name: code for name, code in refusal.wrong.items() if code not in _LEAD.get(name, {})}
    said = field_words(
        {name: "Не текст и не число" if code == "not-text" else code for name, code in rest.items()}
    )
    return "; ".join(
        own + [f"{words} ({name})" if words in _VAGUE else words for name, words in said.items()]
    )


_VAGUE: Final = frozenset({"Не текст и не число", "Выберите значение из списка", "Слишком длинно: сократите"})


def ended_words(run: RunView) -> tuple[str, str]:
    """Tone and sentence after a press."""
    if run.state is RunState.RUNNING:
        return "info", "Синхронизация идёт, журнал обновится сам"
    if run.state is RunState.FAILED:
        return "danger", trouble_words(run.trouble)
    if run.state is RunState.CUT:
        return "warning", "Синхронизация прервана. Нажмите ещё раз: она продолжится с того же места"
    said = plural(run.taken, "новый лид", "новых лида", "новых лидов") if run.taken else "Новых лидов нет"
    said = f"Забрали: {said}" if run.taken else said
    if run.known:
        said += f". Уже были у нас: {run.known}"
    if run.refused:
        said += f". Не приняты: {run.refused}, причины в журнале"
    if run.has_more:
        said += ". Забрали не всё: нажмите ещё раз"
    return ("warning" if run.refused or run.has_more else "success"), said
