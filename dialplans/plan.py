"""The typed plan from which all files of the PBX are rendered. Pure values; whoever makes one has checked rights,
the renderer checks syntax."""

from dataclasses import dataclass, field
from enum import StrEnum


class PhoneKind(StrEnum):
    SIP = "sip"  # registers with us
    EXTERNAL = "external"  # an outside number, dialled over the trunk


@dataclass(frozen=True, slots=True)
class PhonePlan:
    """One phone that may be rung. `key` is p<id>."""

    key: str
    kind: PhoneKind
    label: str  # for people, appears as caller id name only on internal calls
    secret: str = ""  # SIP only
    number: str = ""  # external only: E.164
    extension: str = ""  # short internal number, digits; empty if none
    lines: int = 1  # calls at once
    accept_by_key: bool = True  # must press 1 after the whisper


@dataclass(frozen=True, slots=True)
class TrunkPlan:
    """A carrier. `name` is a slug; the endpoint is trunk-<name>."""

    name: str
    host: str
    port: int
    caller_id: str  # E.164 shown on outbound legs
    username: str = ""
    secret: str = ""
    register: bool = False


@dataclass(frozen=True, slots=True)
class DidPlan:
    """A number that carriers deliver. `number` is E.164; `label` for comments."""

    number: str
    label: str
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class AmiUserPlan:
    """`read`/`write` are AMI classes; never system, command, all."""

    name: str
    secret: str
    read: tuple[str, ...]
    write: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PbxPlan:
    """Everything one Asterisk needs. Ports are TCP/UDP numbers; folders are absolute paths on the PBX's machine."""

    system_name: str
    bind_host: str
    sip_port: int
    rtp_ports: tuple[int, int]
    ami_port: int
    agi_host: str
    agi_port: int
    recordings_dir: str
    cel_file: str  # CSV kept by the PBX itself
    ami_users: tuple[AmiUserPlan, ...]
    trunks: tuple[TrunkPlan, ...]
    phones: tuple[PhonePlan, ...]
    dids: tuple[DidPlan, ...]
    duty_keys: tuple[str, ...]  # phone keys, in order
    duty_ring_s: int = 25
    agi_limit_s: int = 3  # the caller waits at most this long for a frozen application
    external_host: str = ""  # public address behind NAT; empty on loopback


@dataclass(frozen=True, slots=True)
class RenderedConfig:
    """Files by name, ready to be published together."""

    files: dict[str, str] = field(default_factory=dict)
