"""Settings, read once at the root: defaults.toml <- the given file <- environment (DEALERLINE_WEB__PORT=8080)."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

DEFAULTS = Path(__file__).with_name("defaults.toml")
PREFIX = "DEALERLINE_"


class SettingsError(Exception):
    """Every mistake at once; `problems` are sentences that say where and what to do."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebSettings(_Section):
    host: str
    port: int = Field(ge=1, le=65535)
    secure: bool  # behind TLS: cookies are Secure, HSTS is sent
    trusted_proxy: bool  # take the visitor's address from X-Forwarded-For
    place_url: str  # where a point on a map opens; {lat} and {lon} are put in

    @field_validator("place_url")
    @classmethod
    def _has_places(cls, value: str) -> str:
        rest = value.replace("{lat}", "").replace("{lon}", "")
        is_whole = "{lat}" in value and "{lon}" in value and not {"{", "}"} & set(rest)
        if not value.startswith("https://") or not is_whole:
            raise ValueError("нужен адрес https:// с местами {lat} и {lon}")
        return value


class DatabaseSettings(_Section):
    url: SecretStr

    @field_validator("url")
    @classmethod
    def _known_driver(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
            raise ValueError("должно начинаться с sqlite+aiosqlite:// или postgresql+asyncpg://")
        return value


class AmiSettings(_Section):
    host: str
    port: int = Field(ge=1, le=65535)
    username: str
    secret: SecretStr


class AgiSettings(_Section):
    host: str
    port: int = Field(ge=1, le=65535)
    decide_limit_s: float = Field(gt=0, le=2)
    max_connections: int = Field(ge=1, le=10_000)


class PbxSettings(_Section):
    """What is rendered for the PBX, and where its files meet ours."""

    system_name: str = Field(pattern=r"^[a-z][a-z0-9]{0,20}$")
    bind_host: str
    sip_port: int = Field(ge=1, le=65535)
    rtp_first: int = Field(ge=1024, le=65535)
    rtp_last: int = Field(ge=1024, le=65535)
    external_host: str
    etc_dir: Path
    control_socket: Path  # of the PBX's console; only `pbx follow` needs it
    agi_dir: Path  # of the PBX's machine: the fallback script and the routing snapshot that it reads
    recordings_dir: Path
    cel_file: Path
    secrets_file: Path
    sounds_dir: Path  # of the PBX: its sounds/dealerline, where we put what is spoken
    music_dir: str  # of the PBX: what callers hear who wait; empty or without files: ringing
    duty_ring_s: int = Field(ge=5, le=120)
    trunk_name: str = Field(pattern=r"^[a-z][a-z0-9]{0,20}$")
    trunk_host: str
    trunk_port: int = Field(ge=1, le=65535)
    trunk_caller_id: str
    trunk_register: bool


class RecordingSettings(_Section):
    store_dir: Path
    format: Literal["mp3", "opus", "wav"]
    keep_originals: bool


class NumberingSettings(_Section):
    dir: Path  # an imported numbering plan; without one the plan that we ship is used


_Start = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_End = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class RoutingSettings(_Section):
    """When the head office's operators take calls, on the manufacturer's clock: periods by day, [["09:00", "21:00"]]."""

    operator_hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[tuple[_Start, _End]]]
    operators_on_holidays: (
        bool  # else the production calendar of the manufacturer's region gives them days off
    )
    operators_wait_s: int = Field(ge=0, le=900)  # how long a caller waits for an operator, as in a queue


class DealerSettings(_Section):
    logos_dir: Path
    outside_prefixes: tuple[str, ...]  # of E.164: where phones of outlets may be; calls there cost money

    @field_validator("outside_prefixes", mode="before")
    @classmethod
    def _of_a_list(cls, value: Any) -> Any:
        """The environment gives «+7,+375»."""
        return value.split(",") if isinstance(value, str) else value

    @field_validator("outside_prefixes")
    @classmethod
    def _are_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not re.fullmatch(r"\+[1-9]\d{0,6}", prefix) for prefix in value):
            raise ValueError('нужны начала номеров, например ["+7"]')
        return value


class OrderFileSettings(_Section):
    """Files that people put on orders."""

    files_dir: Path
    max_file_mb: int = Field(ge=1, le=100)


class VoiceSettings(_Section):
    dir: Path  # an unpacked espeak-ng; the system's own is taken first


class MailSettings(_Section):
    """The server that takes our letters; an empty host: letters are kept and not sent."""

    host: str
    port: int = Field(ge=1, le=65535)
    username: str
    password: SecretStr
    tls: Literal["none", "starttls", "tls"]
    sender: str
    site_address: str  # begins the links in letters, such as https://calls.example.org; empty: no links

    @model_validator(mode="after")
    def _known_sender(self) -> "MailSettings":
        if self.host and not re.fullmatch(r"[^@\s]+@[^@\s]+", self.sender):
            raise ValueError("нужен sender: адрес, от которого уходят письма")
        return self


class SmsSettings(_Section):
    """`senders` are tried in their order, among twilio, http and smpp; none: no SMS is sent. An address of our own for
    Twilio's webhook is made of mail.site_address."""

    senders: tuple[Literal["twilio", "http", "smpp"], ...]
    limit_s: float = Field(gt=0, le=60)
    twilio_account: str
    twilio_token: SecretStr
    twilio_sender: str
    twilio_url: str
    http_dialect: Literal["smsc", "smsaero"]
    http_url: str
    http_login: str
    http_password: SecretStr
    http_sender: str
    smpp_host: str
    smpp_port: int = Field(ge=1, le=65535)
    smpp_tls: bool
    smpp_login: str = Field(max_length=15)
    smpp_password: SecretStr
    smpp_sender: str = Field(max_length=20)

    @field_validator("senders", mode="before")
    @classmethod
    def _of_a_list(cls, value: Any) -> Any:
        """The environment gives «http,twilio»."""
        return [one for one in value.split(",") if one] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_whole(self) -> "SmsSettings":
        needed = {
            "twilio": ("twilio_account", "twilio_sender"),
            "http": ("http_url", "http_login"),
            "smpp": ("smpp_host", "smpp_login", "smpp_sender"),
        }
        missing = [name for sender in self.senders for name in needed[sender] if not getattr(self, name)]
        if missing:
            raise ValueError(f"для выбранных senders не заполнено: {', '.join(missing)}")
        if len(set(self.senders)) != len(self.senders):
            raise ValueError("senders: каждый способ указывается один раз")
        return self


class LogSettings(_Section):
    level: Literal["debug", "info", "warning", "error"]
    style: Literal["console", "json"]


class Settings(_Section):
    demo: bool
    tz: str
    web: WebSettings
    database: DatabaseSettings
    ami: AmiSettings
    agi: AgiSettings
    pbx: PbxSettings
    recordings: RecordingSettings
    numbering: NumberingSettings
    routing: RoutingSettings
    dealers: DealerSettings
    orders: OrderFileSettings
    voice: VoiceSettings
    mail: MailSettings
    sms: SmsSettings
    log: LogSettings

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import available_timezones

        if value not in available_timezones():
            raise ValueError("нужна зона IANA, например Europe/Moscow")
        return value


def load_settings(file: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Read and check everything; relative paths count from the given file's folder. Raises SettingsError."""
    values = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    if file is not None:
        _merge(values, _read(file))
    _merge(values, _from_environment(dict(os.environ) if environ is None else environ))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as exc:
        raise SettingsError(tuple(_sentence(error) for error in exc.errors())) from exc
    return _absolute(settings, (file.parent if file else Path()).resolve())


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SettingsError(
            (f"{file}: файл не читается ({exc.strerror}); проверьте путь в --config",)
        ) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError((f"{file}: это не TOML ({exc})",)) from exc


def _merge(target: dict[str, Any], source: dict[str, Any]) -> None:
    for key, value in source.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


def _from_environment(environ: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in environ.items():
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and key:
            values.setdefault(section, {})[key] = value
    return values


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{where}: нет значения; добавьте его в файл настроек"
    if error["type"] == "extra_forbidden":
        return f"{where}: такой настройки нет; исправьте опечатку или удалите строку"
    shown = (
        ""
        if "secret" in where or "url" in where or where.startswith(("mail", "sms"))
        else f" (сейчас {error['input']!r})"
    )
    return f"{where}: {_demand(error)}{shown}"


def _demand(error: Any) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "less_than_equal":
            return f"не больше {limits['le']}"
        case "greater_than_equal":
            return f"не меньше {limits['ge']}"
        case "greater_than":
            return f"больше {limits['gt']}"
        case "literal_error":
            return f"одно из: {limits['expected'].replace(' or ', ', ')}"
        case "int_parsing" | "int_type" | "float_parsing" | "float_type":
            return "нужно число"
        case "bool_parsing" | "bool_type":
            return "нужно true или false"
        case "string_pattern_mismatch":
            return f"не подходит под образец {limits['pattern']}"
        case "value_error":
            return str(limits["error"])
        case _:
            return str(error["msg"])


def _absolute(settings: Settings, root: Path) -> Settings:
    pbx = settings.pbx.model_copy(
        update={
            name: (root / getattr(settings.pbx, name)).resolve()
            for name in (
                "etc_dir",
                "control_socket",
                "agi_dir",
                "recordings_dir",
                "cel_file",
                "secrets_file",
                "sounds_dir",
            )
        }
    )
    store_dir = (root / settings.recordings.store_dir).resolve()
    recordings = settings.recordings.model_copy(update={"store_dir": store_dir})
    numbering = NumberingSettings(dir=(root / settings.numbering.dir).resolve())
    logos_dir = (root / settings.dealers.logos_dir).resolve()
    dealers = settings.dealers.model_copy(update={"logos_dir": logos_dir})
    files_dir = (root / settings.orders.files_dir).resolve()
    voice = VoiceSettings(dir=(root / settings.voice.dir).resolve())
    changed = {
        "pbx": pbx,
        "recordings": recordings,
        "numbering": numbering,
        "dealers": dealers,
        "orders": settings.orders.model_copy(update={"files_dir": files_dir}),
        "voice": voice,
    }
    return settings.model_copy(update=changed)
