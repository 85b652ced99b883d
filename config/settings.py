"""Settings, read once at the root: defaults.toml <- the given file <- environment (DEALERLINE_WEB__PORT=8080)."""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import (
    ValidationError,
    field_validator,
)

from config.sections import (
    AgiSettings,
    AmiSettings,
    DatabaseSettings,
    DealerSettings,
    GeocoderSettings,
    LogSettings,
    MailSettings,
    NumberingSettings,
    OrderFileSettings,
    PbxSettings,
    RecordingSettings,
    RoutingSettings,
    Section,
    SmsSettings,
    VoiceSettings,
    WebSettings,
)

DEFAULTS = Path(__file__).with_name("defaults.toml")
PREFIX = "DEALERLINE_"


class SettingsError(Exception):
    """Every mistake at once; `problems` are sentences that say where and what to do."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Settings(Section):
    demo: bool
    tz: str
    web: WebSettings
    geocoder: GeocoderSettings
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
        if "secret" in where or "url" in where or where.startswith(("mail", "sms", "geocoder"))
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
    templates_dir = (root / settings.web.templates_dir).resolve()
    changed = {
        "web": settings.web.model_copy(update={"templates_dir": templates_dir}),
        "pbx": pbx,
        "recordings": recordings,
        "numbering": numbering,
        "dealers": dealers,
        "orders": settings.orders.model_copy(update={"files_dir": files_dir}),
        "voice": voice,
    }
    return settings.model_copy(update=changed)
