"""From settings, the network's wiring and the secrets to the typed plan of one PBX."""

from pathlib import Path

from callcore.asterisk.fallback.deploy import SCRIPT
from callcore.asterisk.fallback.static_routes import StaticRoutes
from callcore.asterisk.secrets import PbxSecrets
from callcore.asterisk.voice.texts import compiled_name, greeting, has_phrases
from callcore.network.directory_rows import Did
from callcore.network.lines import Line, Wiring
from callcore.network.model import PhoneOwner
from config.settings import Settings
from dialplans import contract
from dialplans.plan import AmiUserPlan, DidPlan, PbxPlan, PhoneKind, PhonePlan, StaticShift, TrunkPlan

# Events of calls, dialplan, user events and CEL-free reporting; originate for the call button.
AMI_READ = ("call", "dialplan", "user", "reporting")
AMI_WRITE = ("call", "originate", "reporting")


def make_pbx_plan(
    settings: Settings,
    wiring: Wiring,
    secrets: PbxSecrets,
    routes: StaticRoutes | None = None,
    shifts: tuple[StaticShift, ...] = (),
) -> PbxPlan:
    """Makes the secrets that are still missing. The AMI secret of the settings, when given, wins over a made one.
    `routes` None: without application and script only the duty phones ring."""
    routes = routes or StaticRoutes()
    pbx = settings.pbx
    names = [f"phone:{_key(line)}" for line in wiring.phones if line.is_sip]
    made = secrets.get("ami", f"trunk:{pbx.trunk_name}", *names)
    duty = sorted((line for line in wiring.phones if line.duty_position is not None), key=_duty_order)
    return PbxPlan(
        system_name=pbx.system_name,
        bind_host=pbx.bind_host,
        sip_port=pbx.sip_port,
        rtp_ports=(pbx.rtp_first, pbx.rtp_last),
        ami_port=settings.ami.port,
        agi_host=settings.agi.host,
        agi_port=settings.agi.port,
        recordings_dir=str(pbx.recordings_dir),
        cel_file=str(pbx.cel_file),
        agi_script=str(pbx.agi_dir / SCRIPT),
        ami_users=(
            AmiUserPlan(
                settings.ami.username,
                settings.ami.secret.get_secret_value() or made["ami"],
                AMI_READ,
                AMI_WRITE,
            ),
        ),
        trunks=(
            TrunkPlan(
                name=pbx.trunk_name,
                host=pbx.trunk_host,
                port=pbx.trunk_port,
                caller_id=pbx.trunk_caller_id,
                label=pbx.trunk_label,
                secret=made[f"trunk:{pbx.trunk_name}"],
                register=pbx.trunk_register,
                inbound_auth=settings.demo,
            ),
        ),
        phones=tuple(_phone(line, made.get(f"phone:{_key(line)}", "")) for line in wiring.phones),
        dids=tuple(_did(did, routes.by_did.get(did.number, routes.other)) for did in wiring.dids),
        targets=routes.targets,
        other_targets=routes.other,
        duty_keys=tuple(_key(line) for line in duty),
        operator_keys=_operators(wiring),
        duty_ring_s=pbx.duty_ring_s,
        duty_shifts=shifts,
        external_host=pbx.external_host,
        music_dir=pbx.music_dir if _has_music(Path(pbx.music_dir)) else "",
        has_phrases=has_phrases(pbx.sounds_dir),
    )


def _did(did: Did, targets: tuple[str, ...]) -> DidPlan:
    return DidPlan(
        did.number,
        did.label,
        language=did.language,
        targets=targets,
        greeting=compiled_name(greeting(did)),
        waits_with_music=did.waiting == contract.WAITING_MUSIC,
    )


def _has_music(folder: Path) -> bool:
    return folder.is_absolute() and any(folder.glob("*.*"))


def _phone(line: Line, secret: str) -> PhonePlan:
    return PhonePlan(
        key=_key(line),
        kind=PhoneKind.SIP if line.is_sip else PhoneKind.EXTERNAL,
        label=line.label,
        secret=secret,
        number=line.number,
        extension=line.extension,
        lines=line.lines,
        accept_by_key=line.accept_by_key,
        shows_caller=line.owner is PhoneOwner.OPERATOR,
    )


def _operators(wiring: Wiring) -> tuple[str, ...]:
    """As many as one step of a plan takes, in the order of their ids."""
    found = (_key(line) for line in wiring.phones if line.owner is PhoneOwner.OPERATOR)
    return tuple(found)[: contract.MAX_KEYS_PER_STEP]


def _key(line: Line) -> str:
    return contract.PHONE_KEY.format(id=line.id)


def _duty_order(line: Line) -> tuple[int, int]:
    return line.duty_position or 0, line.id
