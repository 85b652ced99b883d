"""How values look to a Russian reader. Pure; the filters of the same names are used in templates."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal

from callcore.kernel.phones import format_phone

NBSP = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_MOSCOW = ZoneInfo("Europe/Moscow")
_LOCALE = Locale("ru")
_MONTHS = {number: str(name) for number, name in _LOCALE.months["format"]["wide"].items()}
_MONTHS_SHORT = {
    number: str(name).rstrip(".") for number, name in _LOCALE.months["format"]["abbreviated"].items()
}


def zone_label(at: datetime, tz: str) -> str:
    """Russians count zones from Moscow: «МСК», «МСК+2», «МСК−1» at that very instant."""
    there = at.astimezone(_zone(tz)).utcoffset() or timedelta()
    moscow = at.astimezone(_MOSCOW).utcoffset() or timedelta()
    minutes = round((there - moscow).total_seconds() / 60)
    if minutes == 0:
        return "МСК"
    hours, rest = divmod(abs(minutes), 60)
    return f"МСК{'+' if minutes > 0 else _MINUS}{hours}{f':{rest:02}' if rest else ''}"


def moment(at: datetime, tz: str) -> str:
    """An aware instant in full: «8 июня 2016, 13:12 (МСК)»; it may break after the comma only."""
    local = _aware(at).astimezone(_zone(tz))
    return f"{day(local)}, {local:%H:%M}{NBSP}({zone_label(at, tz)})"


def moment_short(at: datetime, tz: str) -> str:
    """For tables: «8 июн, 13:12»; the year only when it is not the present one is the table's own matter."""
    local = _aware(at).astimezone(_zone(tz))
    return f"{local.day}{NBSP}{_MONTHS_SHORT[local.month]},{NBSP}{local:%H:%M}"


def clock_time(at: datetime, tz: str) -> str:
    """«13:12:05» in the given zone."""
    return f"{_aware(at).astimezone(_zone(tz)):%H:%M:%S}"


def day(value: date) -> str:
    """«8 июня 2016»."""
    return f"{value.day}{NBSP}{_MONTHS[value.month]}{NBSP}{value.year}"


def duration(seconds: float | timedelta | None) -> str:
    """«00:42», «12:05», «1:02:03»; a dash for what is not known."""
    if seconds is None:
        return "—"
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    hours, rest = divmod(max(total, 0), 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes:02}:{secs:02}"


def money(kopecks: int | None) -> str:
    """«8 910 ₽», «8 910,50 ₽»: kopecks only where there are some; no-break spaces."""
    if kopecks is None:
        return "—"
    roubles, rest = divmod(abs(kopecks), 100)
    whole = format_decimal(roubles, locale=_LOCALE).replace(" ", NBSP)
    sign = _MINUS if kopecks < 0 else ""
    return f"{sign}{whole}{f',{rest:02}' if rest else ''}{NBSP}₽"


def number(value: float) -> str:
    """«12 480», «0,9»."""
    return format_decimal(value, locale=_LOCALE).replace(" ", NBSP).replace("-", _MINUS)


def phone(e164: str | None) -> str:
    """«+7 495 123-45-67» in one piece; a dash when there was no number."""
    return format_phone(e164).replace(" ", NBSP).replace("-", "\N{NON-BREAKING HYPHEN}") if e164 else "—"


def plural(count: int, one: str, few: str, many: str) -> str:
    """«1 звонок», «2 звонка», «5 звонков» with a no-break space."""
    form = _LOCALE.plural_form(abs(count))
    return f"{number(count)}{NBSP}{ {'one': one, 'few': few}.get(form, many) }"


def ago(at: datetime, now: datetime) -> str:
    """«только что», «5 мин назад», «3 ч назад», «2 дня назад»."""
    seconds = max((now - at).total_seconds(), 0)
    if seconds < 60:
        return "только что"
    if seconds < 3600:
        return f"{int(seconds // 60)}{NBSP}мин назад"
    if seconds < 86400:
        return f"{int(seconds // 3600)}{NBSP}ч назад"
    return f"{plural(int(seconds // 86400), 'день', 'дня', 'дней')} назад"


def initials(full_name: str) -> str:
    """«Мария Орлова» -> «МО»."""
    return "".join(word[0] for word in full_name.split()[:2]).upper()


def iso(at: datetime) -> str:
    """For the `datetime` attribute."""
    return _aware(at).astimezone(UTC).isoformat(timespec="seconds")


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a naive time has no meaning on a page")
    return at


@cache
def _zone(tz: str) -> ZoneInfo:
    return ZoneInfo(tz)
