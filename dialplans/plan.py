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
    shows_caller: bool = False  # may see the customer's number; others see the dialled one


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
    inbound_auth: bool = (
        False  # the carrier signs its calls as trunk-<name> with `secret`; else known by `host`
    )
    label: str = (
        ""  # how customers see our numbers signed, for a carrier that takes it from us; empty: none is sent
    )


@dataclass(frozen=True, slots=True)
class OpenTime:
    """A time of the local day, both minutes included, on `days`: mon-fri&sun."""

    start_min: int
    last_min: int
    days: str


@dataclass(frozen=True, slots=True)
class StaticTarget:
    """Who may be rung without application and script. `key` is o<outlet id>, or h<n> for the head office; `zone` IANA."""

    key: str
    label: str
    kind: str  # StepKind
    phone_keys: tuple[str, ...]
    ring_s: int
    zone: str
    times: tuple[OpenTime, ...]


@dataclass(frozen=True, slots=True)
class DutyTime:
    """Minutes of one date on the clock of UTC, both included."""

    day: int
    month: int
    start_min: int
    last_min: int


@dataclass(frozen=True, slots=True)
class StaticShift:
    """Who is rung without application and script while a shift of the duty roster stands: its phones, then the reserve."""

    phone_keys: tuple[str, ...]
    times: tuple[DutyTime, ...]


@dataclass(frozen=True, slots=True)
class DidPlan:
    """A number that carriers deliver. `number` is E.164; `label` for comments; `targets` are keys of StaticTarget.
    `greeting` is a sound as the PBX names it, empty for none: played when the application does not say another."""

    number: str
    label: str
    language: str = "ru"
    targets: tuple[str, ...] = ()
    greeting: str = ""
    waits_with_music: bool = False


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
    agi_script: str  # answers while the application does not; absolute path
    ami_users: tuple[AmiUserPlan, ...]
    trunks: tuple[TrunkPlan, ...]
    phones: tuple[PhonePlan, ...]
    dids: tuple[DidPlan, ...]
    duty_keys: tuple[str, ...]  # phone keys of the reserve, in order
    operator_keys: tuple[str, ...] = ()  # who gets a talk that was handed on and nobody took
    duty_ring_s: int = 25
    hand_queue_s: int = 120  # a talk that nobody took over, nor who handed it on, waits so long for operators
    agi_limit_s: int = 3  # the caller waits at most this long for a frozen application
    external_host: str = ""  # public address behind NAT; empty on loopback
    ami_host: str = "127.0.0.1"  # loopback or a private network, never the world
    ami_permit: tuple[str, ...] = ("127.0.0.1/255.255.255.255",)  # who may connect: address/mask
    voicemail_limit_s: int = 120
    targets: tuple[StaticTarget, ...] = ()  # of all numbers, each once
    other_targets: tuple[str, ...] = ()  # for a number that is not in `dids`
    music_dir: str = ""  # what a customer hears who waits or is on hold; empty: ringing, silence
    out_ring_s: int = 35  # of calls that we make: our phones ring so long,
    out_customer_s: int = 50  # and the outside number
    has_phrases: bool = False  # contract.Phrase lie among the PBX's sounds; else Asterisk's own are played
    duty_shifts: tuple[StaticShift, ...] = ()  # of the coming days; the first that stands counts


class Behaviour(StrEnum):
    """What a simulated telephone does with a call. The words stand in the carrier's dialplan too."""

    PRESS = "press"  # answers, presses the keys of SimulatedCarrier.set_press after a moment, talks
    ACCEPT = "accept"  # answers, presses 1 after a moment, talks
    ANSWER = "answer"  # answers and talks, presses nothing
    DECLINE = "decline"  # answers, presses 2
    TRANSFER = "transfer"  # like ACCEPT, then hands the customer on (SimulatedCarrier.set_transfer)
    ASK = (
        "ask"  # like ACCEPT, asks somebody by a call of its own, joins the two (SimulatedCarrier.set_asking)
    )
    KEYS = "keys"  # like ACCEPT, then presses keys in the talk (SimulatedCarrier.set_keys)
    HANG_UP = "hangup"  # answers and hangs up at once
    SILENT = "silent"  # answers, presses 1, says nothing
    REJECT = "reject"  # refuses without answering
    BUSY = "busy"
    UNKNOWN = "unknown"  # the carrier says that there is no such number
    NO_ANSWER = "noanswer"  # rings for ever
    UNREGISTERED = "unregistered"  # not there at all; SIP phones only


@dataclass(frozen=True, slots=True)
class CarrierPhone:
    """A simulated telephone: `name` is a phone key (registers at the PBX with `secret`) or an outside number
    in E.164. `tone_hz` is its voice."""

    name: str
    tone_hz: int
    secret: str = ""
    behaviour: Behaviour = Behaviour.ACCEPT


@dataclass(frozen=True, slots=True)
class CarrierPlan:
    """The second Asterisk: the carrier, the telephones and the customers of demonstrations and tests."""

    system_name: str
    bind_host: str
    sip_port: int
    rtp_ports: tuple[int, int]
    pbx_host: str
    pbx_sip_port: int
    trunk_name: str  # signs customers' calls as trunk-<name>
    trunk_secret: str
    sounds_dir: str  # tone-<hz>.wav
    phones: tuple[CarrierPhone, ...]
    ring_s: float = 0.5  # how long a telephone rings before it is picked up
    think_s: float = 1.5  # from picking up to pressing the key


@dataclass(frozen=True, slots=True)
class RenderedConfig:
    """Files by name, ready to be published together."""

    files: dict[str, str] = field(default_factory=dict)
