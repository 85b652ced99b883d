"""From a refusal to an HTTP status and to Russian words that say what to do. Nowhere else."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from callcore.kernel import errors


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a person or a program is told. `advice` is the next step, in plain words."""

    status: int
    code: str
    title: str
    advice: str
    retry_after_s: int | None = None


_STATUS: tuple[tuple[type[errors.DealerlineError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Invalid, 400),
    (errors.NotAllowedNow, 409),
    (errors.Conflict, 409),
    (errors.Forbidden, 403),
    (errors.TooMany, 429),
    (errors.PbxUnavailable, 503),
    (errors.DatabaseUnavailable, 503),
    (errors.StoreUnavailable, 503),
)

_STATUS_OF_CODE: dict[str, int] = {
    "sign-in-required": 401,
    "api-key-needed": 401,
    "api-key-unknown": 401,
    "idempotency-key-reused": 422,
    "window-closed": 410,
}

_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("Запрос не понят", "Проверьте введённое и отправьте ещё раз."),
    401: ("Нужно войти", "Войдите, и мы вернём вас на эту страницу."),
    403: (
        "Нет доступа",
        "Эта страница закрыта для вашей роли. Если она нужна в работе, обратитесь к администратору.",
    ),
    404: (
        "Такой страницы нет",
        "Возможно, запись удалена, или адрес набран с ошибкой. Найдите её через поиск.",
    ),
    405: ("Так сюда не обращаются", "Вернитесь на предыдущую страницу и повторите действие кнопкой."),
    409: (
        "Сейчас это сделать нельзя",
        "Состояние уже изменилось. Обновите страницу и посмотрите, что произошло.",
    ),
    413: ("Слишком большой запрос", "Уменьшите файл или разделите его на части."),
    429: ("Слишком много попыток", "Подождите немного и попробуйте снова."),
    500: (
        "Ошибка на нашей стороне",
        "Звонки идут как обычно. Повторите действие; если не выйдет, сообщите код обращения.",
    ),
    503: ("Временно недоступно", "Звонки идут как обычно. Повторите через минуту."),
}

_BY_CODE: dict[str, tuple[str, str]] = {
    "bad-credentials": (
        "Почта или пароль не подходят",
        "Проверьте раскладку и Caps Lock и попробуйте ещё раз.",
    ),
    "too-many-attempts": (
        "Слишком много попыток входа",
        "Вход на время закрыт, чтобы пароль нельзя было подобрать.",
    ),
    "dealer-suspended": (
        "Дилер приостановлен",
        "Пока это так, страницы можно только смотреть. Причину и срок скажет производитель.",
    ),
    "api-key-needed": (
        "Нужен ключ API",
        "Передайте заголовок Authorization: Bearer <ключ>. Ключ создаёт администратор в разделе «Ключи API».",
    ),
    "api-key-unknown": ("Ключ API не подходит", "Он отозван или переписан с ошибкой. Получите новый ключ."),
    "api-scope-missing": (
        "У ключа нет такого права",
        "Нужен ключ с этим правом: orders:write или orders:read.",
    ),
    "too-often": ("Слишком часто", "Подождите столько секунд, сколько указано в Retry-After."),
    "idempotency-key-needed": (
        "Нужен заголовок Idempotency-Key",
        "Передайте свой неповторимый ключ запроса: по нему повтор не создаст второй заказ.",
    ),
    "idempotency-key-reused": (
        "Этот ключ уже стоит на другом запросе",
        "Для нового заказа нужен новый Idempotency-Key.",
    ),
    "body-unreadable": (
        "Тело запроса не прочитано",
        "Нужен JSON в UTF-8 с заголовком Content-Type: application/json.",
    ),
    "fields-wrong": ("Проверьте поля", "Исправьте отмеченное и отправьте ещё раз."),
    "code-wrong": ("Код не подошёл", "Дождитесь нового кода в приложении или введите запасной."),
    "code-late": ("Начните вход заново", "С ввода пароля прошло больше пяти минут, или он изменился."),
    "second-factor-needed": (
        "Нужен второй ключ",
        "Для вашей роли вход защищён кодом: подключите приложение.",
    ),
    "acting": (
        "Это может только владелец входа",
        "Вы действуете от имени другого человека. Выйдите из роли, чтобы открыть свои настройки.",
    ),
    "not-admin": ("Только для администратора", "Сотрудников главного офиса ведёт администратор."),
    "order-taken": ("Заказ уже принят", "Его взяли раньше вас. Посмотрите, какие заказы ещё доступны."),
    "order-mine": (
        "Этот заказ уже у вас",
        "Отказаться можно только от предложенного. Принятый заказ возвращают.",
    ),
    "window-closed": ("Заказ вам больше не предложен", "Вы отказались от него, или его распределили иначе."),
    "order-not-taken": ("Этот заказ ни у кого", "Возвращать нечего: обновите страницу заказа."),
    "not-dealer": ("Заказы принимают дилеры", "Головной офис передаёт заказ кнопкой «Передать дилеру»."),
    "not-distributor": ("Заказы распределяет головной офис", "Попросите менеджера производителя."),
    "recording-download": (
        "Скачивать записи вам нельзя",
        "Слушать можно на странице. Файл попросите у руководителя.",
    ),
    "csrf": ("Страница устарела", "Вернитесь назад, обновите страницу и повторите действие."),
    "cross-site": ("Запрос пришёл с чужого сайта", "Откройте страницу у нас и повторите действие."),
}

_BY_KIND: dict[type[errors.DealerlineError], tuple[str, str]] = {
    errors.PbxUnavailable: ("АТС не отвечает", "Звонок не начат. Проверьте связь с АТС и нажмите ещё раз."),
    errors.DatabaseUnavailable: (
        "База данных не отвечает",
        "Звонки идут как обычно. Повторите через минуту.",
    ),
    errors.StoreUnavailable: (
        "Хранилище записей не отвечает",
        "Звонки идут и записываются как обычно. Попробуйте послушать запись через минуту.",
    ),
    errors.Conflict: (
        "Запись уже изменил кто-то другой",
        "Обновите страницу: вы увидите чужие правки и сможете внести свои.",
    ),
}


def explain(error: Exception) -> Trouble:
    """The status, code and words for anything that a handler may raise; an unknown error says nothing of itself."""
    if isinstance(error, errors.DealerlineError):
        return _explain_refusal(error)
    if isinstance(error, web.HTTPException):
        return trouble(error.status)
    if isinstance(error, TimeoutError):
        return trouble(503, "timeout")
    return trouble(500)


def trouble(status: int, code: str = "", retry_after_s: int | None = None) -> Trouble:
    title, advice = _BY_CODE.get(code) or _BY_STATUS.get(status) or _BY_STATUS[400]
    return Trouble(
        status, code or HTTPStatus(status).phrase.lower().replace(" ", "-"), title, advice, retry_after_s
    )


def _explain_refusal(error: errors.DealerlineError) -> Trouble:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
    status = _STATUS_OF_CODE.get(error.code, status)
    kind_words = next((words for kind, words in _BY_KIND.items() if isinstance(error, kind)), None)
    title, advice = _BY_CODE.get(error.code) or kind_words or _BY_STATUS[status]
    retry_after = error.details.get("retry_after_s")
    return Trouble(status, error.code, title, advice, int(retry_after) if retry_after is not None else None)
