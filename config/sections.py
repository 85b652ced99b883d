"""The sections of the settings and what may stand in each."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebSettings(Section):
    host: str
    port: int = Field(ge=1, le=65535)
    secure: bool  # behind TLS: cookies are Secure, HSTS is sent
    trusted_proxy: bool  # take the visitor's address from X-Forwarded-For
    place_url: str  # where a point on a map opens; {lat} and {lon} are put in
    map_tiles: str  # pictures of the map a pin is set on; {z}, {x} and {y} are put in; empty: a grid, nothing from outside
    map_credit: str  # what their owner wants to be written on them
    templates_dir: Path  # compiled templates of pages; not writable: each start compiles them anew

    @field_validator("place_url")
    @classmethod
    def _has_places(cls, value: str) -> str:
        rest = value.replace("{lat}", "").replace("{lon}", "")
        is_whole = "{lat}" in value and "{lon}" in value and not {"{", "}"} & set(rest)
        if not value.startswith("https://") or not is_whole:
            raise ValueError("нужен адрес https:// с местами {lat} и {lon}")
        return value

    @field_validator("map_tiles")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        if value and not re.fullmatch(r"https://[\w.{}-]+(:\d+)?/[^\s;'\"]*", value):
            raise ValueError("нужен адрес https:// с местами {z}, {x} и {y} или пустая строка")
        if value and not all(place in value for place in ("{z}", "{x}", "{y}")):
            raise ValueError("нужны места {z}, {x} и {y}")
        return value


class GeocoderSettings(Section):
    """Who is asked where an address is on the map. The town is found by our own table; none: nobody looks, the pin is set
    by hand."""

    service: Literal["none", "gazetteer", "nominatim", "yandex"]
    url: str  # of the search; empty: Yandex's own, Nominatim has none that may be used unasked
    key: SecretStr
    contact: str  # who asks, for the owner of a public server: a mail address
    timeout_s: float = Field(ge=1, le=60)
    per_second: float = Field(gt=0, le=50)  # questions

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.url and not re.fullmatch(r"https?://[^\s?#]+", self.url):
            raise ValueError("url: нужен адрес http:// или https:// без параметров, или пустая строка")
        if self.service == "nominatim" and not self.url:
            raise ValueError('для service = "nominatim" нужен url, например https://maps.example.org/search')
        if self.service == "yandex" and not self.key.get_secret_value():
            raise ValueError('для service = "yandex" нужен key')
        return self


class DatabaseSettings(Section):
    url: SecretStr

    @field_validator("url")
    @classmethod
    def _known_driver(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
            raise ValueError("должно начинаться с sqlite+aiosqlite:// или postgresql+asyncpg://")
        return value


class AmiSettings(Section):
    host: str
    port: int = Field(ge=1, le=65535)
    username: str
    secret: SecretStr


class AgiSettings(Section):
    host: str
    port: int = Field(ge=1, le=65535)
    decide_limit_s: float = Field(gt=0, le=2)
    max_connections: int = Field(ge=1, le=10_000)


class PbxSettings(Section):
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
    trunk_label: str  # display name of our calls to customers; empty: the carrier signs them itself
    trunk_register: bool


class RecordingSettings(Section):
    store_dir: Path  # where playable files are made and, unless `store` is s3, kept
    format: Literal["mp3", "opus", "wav", "both"]  # both: opus and mp3
    keep_originals: bool
    pause_limit_s: int = Field(ge=10, le=900)  # after so long a paused recording goes on by itself
    store: Literal["local", "s3"]
    s3_endpoint: str
    s3_bucket: str
    s3_region: str
    s3_access_key: SecretStr
    s3_secret_key: SecretStr
    s3_prefix: str = Field(pattern=r"^[A-Za-z0-9_.-]*$")
    s3_timeout_s: float = Field(ge=1, le=300)  # of one answer; repeats included four times as long

    @model_validator(mode="after")
    def _s3_is_whole(self) -> Self:
        if self.store == "s3" and not (self.s3_bucket and self.s3_access_key.get_secret_value()):
            raise ValueError('для store = "s3" нужны s3_bucket, s3_access_key и s3_secret_key')
        return self


class NumberingSettings(Section):
    dir: Path  # an imported numbering plan; without one the plan that we ship is used


_Start = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_End = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class RoutingSettings(Section):
    """When the head office's operators take calls, on the manufacturer's clock: periods by day, [["09:00", "21:00"]]."""

    operator_hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[tuple[_Start, _End]]]
    operators_on_holidays: (
        bool  # else the production calendar of the manufacturer's region gives them days off
    )
    operators_wait_s: int = Field(ge=0, le=900)  # how long a caller waits for an operator, as in a queue


class DealerSettings(Section):
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


class OrderFileSettings(Section):
    """Files that people put on orders."""

    files_dir: Path
    max_file_mb: int = Field(ge=1, le=100)


class VoiceSettings(Section):
    dir: Path  # an unpacked espeak-ng; the system's own is taken first


class MailSettings(Section):
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


class SmsSettings(Section):
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
    http_hook_secret: SecretStr
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
        secret = self.http_hook_secret.get_secret_value()
        if secret and len(secret) < 16:
            raise ValueError("http_hook_secret: не короче 16 знаков")
        if len(set(self.senders)) != len(self.senders):
            raise ValueError("senders: каждый способ указывается один раз")
        return self


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"]
    style: Literal["console", "json"]
